//! The addresses of pages, of what forms post to, and of what islands listen to: each written
//! once.

use crate::model::CompetitionId;
#[cfg(feature = "ssr")]
use crate::model::{MessageId, RegistrationId};

/// The list of competitions.
pub const COMPETITIONS: &str = "/competitions";
/// Making an account.
pub const SIGNUP: &str = "/signup";
/// Logging in.
pub const LOGIN: &str = "/login";
/// One's own registrations.
pub const MY_REGISTRATIONS: &str = "/me/registrations";
/// One's own mailbox.
pub const MAILBOX: &str = "/me/mailbox";
/// One's own profile.
pub const PROFILE: &str = "/me/profile";
/// The organizer's overview.
pub const ORGANIZE: &str = "/organize";
/// The form for a new competition.
pub const ORGANIZE_NEW: &str = "/organize/new";
/// What the register form posts to.
pub const ACT_REGISTER: &str = "/act/register";

/// A competition's page.
#[must_use]
pub fn competition(id: CompetitionId) -> String {
    format!("{COMPETITIONS}/{id}")
}

/// A competition's live numbers, as server-sent events.
#[must_use]
pub fn seat_events(id: CompetitionId) -> String {
    format!("/api/v1/competitions/{id}/events")
}

/// A competition's entry for a calendar.
#[cfg(feature = "ssr")]
#[must_use]
pub fn calendar(id: CompetitionId) -> String {
    format!("{COMPETITIONS}/{id}/calendar.ics")
}

/// A page of the organizer about one competition; `part` is empty, `edit`, `registrations`, …
#[cfg(feature = "ssr")]
#[must_use]
pub fn organize(id: CompetitionId, part: &str) -> String {
    if part.is_empty() {
        format!("{ORGANIZE}/{id}")
    } else {
        format!("{ORGANIZE}/{id}/{part}")
    }
}

/// The page that asks before a registration is cancelled.
#[cfg(feature = "ssr")]
#[must_use]
pub fn cancel_registration(id: RegistrationId) -> String {
    format!("{MY_REGISTRATIONS}/{id}/cancel")
}

/// A message in the mailbox.
#[cfg(feature = "ssr")]
#[must_use]
pub fn message(id: MessageId) -> String {
    format!("{MAILBOX}?message={id}")
}

/// The login page that leads on to `next`.
#[cfg(feature = "ssr")]
#[must_use]
pub fn login_then(next: &str) -> String {
    with_query(LOGIN, &[("next", next)])
}

/// An address with a query; empty values are left out.
#[cfg(feature = "ssr")]
#[must_use]
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// `next` as it came from outside, if it stays on this site: a path from the root, and neither
/// `//host` nor `/\host`, which browsers read as another host. Longer ones are nobody's.
#[cfg(feature = "ssr")]
#[must_use]
pub fn local(next: &str) -> Option<&str> {
    let rest = next.strip_prefix('/')?;
    let stays = !rest.starts_with(['/', '\\'])
        && next.len() <= 1000
        && next.bytes().all(|b| b.is_ascii_graphic());
    stays.then_some(next)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn only_paths_on_this_site_are_followed() {
        for good in ["/", "/competitions/1?x=y", "/me/mailbox?message=1"] {
            assert_eq!(local(good), Some(good));
        }
        for bad in [
            "",
            "competitions",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\n/evil",
            "/a\tb",
            "javascript:alert(1)",
        ] {
            assert_eq!(local(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn empty_values_leave_no_trace_in_a_query() {
        assert_eq!(with_query("/a", &[("b", ""), ("c", "d e")]), "/a?c=d+e");
        assert_eq!(with_query("/a", &[("b", "")]), "/a");
    }
}
