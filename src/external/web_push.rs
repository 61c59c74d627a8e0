//! Web Push: short messages to a browser, through the push service of its maker (RFC 8030).
//!
//! The service sees neither the content nor the account: a message is encrypted for the browser alone (RFC 8291), and
//! signed by the key of this installation, which the browser has named to the service as the only one that may send
//! (RFC 8292).
//!
//! | module | what it does |
//! | --- | --- |
//! | [`encryption`] | encrypts a message with the keys of a subscription |
//! | [`vapid`] | identifies the installation to push services |

pub mod encryption;
pub mod vapid;

use std::{fmt, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, StatusCode, header};
use url::Url;

use super::{
    public_address::{self, AddressRule, RefusedAddress},
    responses::{cause, wait},
};
use encryption::SubscriptionKeys;
use vapid::{VapidKey, VapidKeys};

/// The time limit for a request to a push service.
const TIMEOUT: Duration = Duration::from_secs(6);
/// The largest content of a message in bytes: what every push service accepts, 4,096 bytes (RFC 8030, section 7.2),
/// without the header and the tag of the encryption (RFC 8291, section 4).
pub const CONTENT_MAX: usize = 4_096 - encryption::OVERHEAD;

/// How urgently a message is delivered to a device that saves energy (RFC 8030, section 5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// For what may wait until the device is used anyway.
    Normal,
    /// For what is of use at once only.
    High,
}

/// A message that is to be sent.
#[derive(Debug, Clone)]
pub struct OutgoingPush<'a> {
    /// The address of the subscription.
    pub endpoint: &'a str,
    /// The keys of the subscription.
    pub keys: &'a SubscriptionKeys,
    /// The public key of the installation with which the browser subscribed.
    pub server_key: &'a str,
    /// What the service worker gets, at most [`CONTENT_MAX`] bytes.
    pub content: &'a [u8],
    /// How long the service keeps the message for a device that it can't reach.
    pub ttl: Duration,
    pub urgency: Urgency,
    /// A message that the service still keeps is replaced by a later one with the same topic: up to 32 characters of
    /// Base64url (RFC 8030, section 5.4).
    pub topic: &'a str,
}

/// The reason why a message was not sent. It is logged, so it holds no address of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The subscription has ended, or nothing can ever be sent to it.
    #[error("the subscription has ended: {0}")]
    Gone(String),
    /// The service does not accept messages of this size.
    #[error("the message is too large for the push service")]
    TooLarge,
    /// The service refused the message finally.
    #[error("{0}")]
    Permanent(String),
    /// A later attempt may succeed.
    #[error("{0}")]
    Transient(String),
    /// A later attempt may succeed, and the service has said when.
    #[error("{why}")]
    Throttled {
        /// What the service answered.
        why: String,
        /// The time until the next attempt at the earliest, an hour at most.
        wait: TimeDelta,
    },
}

/// Sends messages to push services. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct PushServices {
    client: Client,
    rule: AddressRule,
    keys: VapidKeys,
    subject: String,
}

impl PushServices {
    /// Creates a client that identifies itself with `keys`. `subject` is where the maintainers of a push service reach
    /// those of this installation: an address that begins with `https:` or `mailto:`.
    ///
    /// # Errors
    /// Returns one line about what this machine lacks.
    pub fn new(rule: AddressRule, keys: VapidKeys, subject: String) -> Result<Self, String> {
        Ok(Self {
            client: rule.client(TIMEOUT)?,
            rule,
            keys,
            subject,
        })
    }

    /// Returns the public key with which browsers subscribe, in Base64url.
    #[must_use]
    pub fn public_key(&self) -> &str {
        self.keys.current.public()
    }

    /// Checks that an address may be that of a subscription.
    ///
    /// # Errors
    /// Returns a [`RefusedAddress`].
    pub async fn check_endpoint(&self, endpoint: &str) -> Result<(), RefusedAddress> {
        let url = self.rule.parse(endpoint)?;
        self.rule.look_up(&url).await
    }

    /// Sends a message. When it returns `Ok`, the push service has accepted it.
    ///
    /// # Errors
    /// Returns a [`PushError`] if it has not.
    pub async fn send(&self, push: OutgoingPush<'_>, now: DateTime<Utc>) -> Result<(), PushError> {
        let gone = |why: &dyn fmt::Display| PushError::Gone(why.to_string());
        // The address was checked when it was stored, perhaps by other rules.
        let url = self.rule.parse(push.endpoint).map_err(|why| gone(&why))?;
        let key = self.keys.named(push.server_key);
        let key = key.ok_or_else(|| gone(&"it was made with another key of this installation"))?;
        if push.content.len() > CONTENT_MAX {
            return Err(PushError::TooLarge);
        }
        let failed = |error: &dyn fmt::Display| PushError::Permanent(error.to_string());
        let body = encryption::encrypt(push.keys, push.content).map_err(|e| failed(&e))?;
        let authorization = self.authorization(key, &url, now).map_err(|e| failed(&e))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let request = self
            .client
            .post(url)
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_ENCODING, "aes128gcm")
            .header("TTL", push.ttl.as_secs())
            .header("Urgency", push.urgency.name())
            .header("Topic", push.topic)
            .body(body);
        match request.send().await {
            Ok(response) => judge(&host, response.status(), wait(response.headers(), now)),
            Err(error) if public_address::is_refused(&error) => {
                Err(gone(&RefusedAddress::NotPublic))
            }
            Err(error) => Err(PushError::Transient(format!(
                "the push service {host} is unavailable: {}",
                cause(error)
            ))),
        }
    }

    fn authorization(
        &self,
        key: &VapidKey,
        url: &Url,
        now: DateTime<Utc>,
    ) -> Result<String, vapid::VapidError> {
        let origin = url.origin().ascii_serialization();
        key.authorization(&origin, &self.subject, now)
    }
}

/// Judges the response of a push service (RFC 8030, sections 5 and 7.3; RFC 8292, section 4.2).
/// `wait` is what it says about the next attempt.
fn judge(host: &str, status: StatusCode, wait: Option<TimeDelta>) -> Result<(), PushError> {
    let answered = || format!("the push service {host} answered {}", status.as_u16());
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(PushError::Gone(answered())),
        StatusCode::PAYLOAD_TOO_LARGE => Err(PushError::TooLarge),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Err(match wait {
            Some(wait) => PushError::Throttled {
                why: answered(),
                wait,
            },
            None => PushError::Transient(answered()),
        }),
        StatusCode::REQUEST_TIMEOUT => Err(PushError::Transient(answered())),
        _ if status.is_server_error() => Err(PushError::Transient(answered())),
        // A redirect, too: it is not followed.
        _ => Err(PushError::Permanent(answered())),
    }
}

impl Urgency {
    const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

impl fmt::Debug for PushServices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushServices")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_subscription_that_has_ended_is_given_up_and_only_what_may_pass_is_tried_again() {
        let judged = |status: u16| judge("push.test", StatusCode::from_u16(status).unwrap(), None);
        assert_eq!(judged(201), Ok(()));
        assert!(matches!(judged(404), Err(PushError::Gone(_))));
        assert!(matches!(judged(410), Err(PushError::Gone(_))));
        assert_eq!(judged(413), Err(PushError::TooLarge));
        for status in [408, 429, 500, 502, 503] {
            assert!(
                matches!(judged(status), Err(PushError::Transient(_))),
                "{status}"
            );
        }
        for status in [301, 400, 401, 403] {
            assert!(
                matches!(judged(status), Err(PushError::Permanent(_))),
                "{status}"
            );
        }
    }

    #[test]
    fn a_busy_service_is_asked_when_it_says() {
        let judged = |status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            judge("push.test", status, Some(TimeDelta::minutes(2)))
        };
        for (status, is_throttled) in [(429, true), (503, true), (500, false), (408, false)] {
            let judged = judged(status);
            assert_eq!(
                matches!(judged, Err(PushError::Throttled { .. })),
                is_throttled,
                "{judged:?}"
            );
        }
    }
}
