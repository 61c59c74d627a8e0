//! What the responses of services mean to which requests are sent, whatever they are about.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{self, HeaderMap};

/// The longest time for which a service may put a request off.
const RETRY_AFTER_MAX: TimeDelta = TimeDelta::hours(1);

/// Returns how long a service asks to wait: a number of seconds, or a time (RFC 9110, section 10.2.3). What is longer
/// than [`RETRY_AFTER_MAX`] counts as that, so that nobody can hold a job for ever.
pub(super) fn wait(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are a long time.
        true if !value.is_empty() => {
            let seconds = value.parse().unwrap_or(i64::MAX);
            TimeDelta::try_seconds(seconds).unwrap_or(RETRY_AFTER_MAX)
        }
        _ => DateTime::parse_from_rfc2822(value).ok()?.to_utc() - now,
    };
    Some(wait.clamp(TimeDelta::zero(), RETRY_AFTER_MAX))
}

/// Returns the innermost cause of an error, which names the reason, and not the address.
pub(super) fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "no response in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_service_says_when_to_try_again_and_for_an_hour_at_most() {
        let now = "2030-01-01T09:00:00Z".parse().unwrap();
        let asked = |value: &str| {
            let value = value.parse().unwrap();
            wait(&HeaderMap::from_iter([(header::RETRY_AFTER, value)]), now)
        };
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Tue, 01 Jan 2030 09:05:00 GMT", Some(300)),
            ("Tue, 01 Jan 2030 08:00:00 GMT", Some(0)),
            ("86400", Some(3_600)),
            ("99999999999999999999999999", Some(3_600)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(3_600)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(asked(value), seconds.map(TimeDelta::seconds), "{value}");
        }
        assert_eq!(wait(&HeaderMap::new(), now), None);
    }
}
