//! The log-ins of an account, as its owner sees them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::LogInKind;

/// A browser or an API client in which an account is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LogInView {
    /// The id with which the session can be ended.
    pub id: Uuid,
    /// The kind of client that is logged in.
    pub kind: LogInKind,
    /// The browser and the operating system, if they were recognised, for example `Firefox on Linux`.
    pub device: Option<String>,
    /// The time of the log-in.
    pub created_at: DateTime<Utc>,
    /// The day of the last visit of a browser; when an API client last exchanged its refresh token.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// The time at which the session ends without further use.
    pub expires_at: DateTime<Utc>,
    /// Whether the request comes from this session.
    pub current: bool,
}

/// The log-ins of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LogInList {
    /// The log-ins, the one of the request first and then the newest.
    pub items: Vec<LogInView>,
}

/// Returns the browser and the operating system that a `User-Agent` names, if both are well known. It is
/// shown to the owner of the account, and says no more than they would.
#[must_use]
pub fn device_of(user_agent: &str) -> Option<String> {
    // Edge and Opera also call themselves Chrome, and Chrome calls itself Safari.
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    // Android also calls itself Linux, and iPhones call themselves Mac OS X.
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let named = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    Some(format!("{} on {}", named(&BROWSERS)?, named(&SYSTEMS)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_browsers_are_recognised() {
        let chrome = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36";
        assert_eq!(device_of(chrome).as_deref(), Some("Chrome on Android"));
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
        assert_eq!(device_of(firefox).as_deref(), Some("Firefox on Linux"));
        assert_eq!(device_of("curl/8.5.0"), None);
    }
}
