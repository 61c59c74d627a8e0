//! Requests to webhooks, as the Standard Webhooks specification describes them
//! (<https://github.com/standard-webhooks/standard-webhooks>).
//!
//! A request carries an id that stays the same however often it is sent, the time of the attempt, and a signature of
//! both and of the body for each valid secret. The address is checked at each attempt; see `public_address`. Nothing
//! but the status and `Retry-After` of a response is read, so its size is of no matter.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, StatusCode, header};
use sha2::Sha256;
use url::Url;

use super::{
    public_address::{self, AddressRule, RefusedAddress},
    responses::{cause, wait},
};

/// The time limit for a request.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The ports of webhooks besides the default one.
const PORTS: [u16; 1] = [8443];

/// A request that is to be sent.
#[derive(Debug, Clone)]
pub struct OutgoingWebhook<'a> {
    /// The address of the webhook.
    pub url: &'a str,
    /// The id of the event, by which the receiver recognises a repeat.
    pub id: &'a str,
    /// The content, which is JSON.
    pub body: &'a str,
    /// The secrets that sign, as bytes.
    pub secrets: &'a [Vec<u8>],
}

/// Why a request was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookRefusal {
    /// The receiver answered with this status.
    Answered {
        /// The status, which is none of success.
        status: u16,
        /// The time until the next attempt at the earliest, if the receiver has said it.
        wait: Option<TimeDelta>,
    },
    /// The receiver did not answer in time.
    Timeout,
    /// The host does not exist, or refused the connection.
    Unreachable(String),
    /// The address may not be reached.
    Address(RefusedAddress),
}

/// Sends requests to webhooks. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct WebhookSender {
    client: Client,
    rule: AddressRule,
}

impl WebhookSender {
    /// Creates a sender to the addresses that `rule` allows.
    ///
    /// # Errors
    /// Returns one line about what this machine lacks.
    pub fn new(rule: AddressRule) -> Result<Self, String> {
        let client = rule.client(TIMEOUT)?;
        Ok(Self { client, rule })
    }

    /// Sends a request, and returns the status of success that the receiver answered.
    ///
    /// # Errors
    /// Returns a [`WebhookRefusal`] if it has not accepted the request.
    pub async fn send(
        &self,
        webhook: OutgoingWebhook<'_>,
        now: DateTime<Utc>,
    ) -> Result<u16, WebhookRefusal> {
        // Again, since it may have been stored by other rules; names are looked up at each connection.
        let url = parse(self.rule, webhook.url).map_err(WebhookRefusal::Address)?;
        let timestamp = now.timestamp().to_string();
        let signatures: Vec<_> = webhook
            .secrets
            .iter()
            .map(|secret| signature(secret, webhook.id, &timestamp, webhook.body))
            .collect();
        let request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", webhook.id)
            .header("webhook-timestamp", &timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(webhook.body.to_owned());
        let response = request.send().await.map_err(refusal)?;
        match response.status() {
            status if status.is_success() => Ok(status.as_u16()),
            status => Err(WebhookRefusal::Answered {
                status: status.as_u16(),
                wait: match status {
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                        wait(response.headers(), now)
                    }
                    _ => None,
                },
            }),
        }
    }
}

/// Checks that an address may be that of a webhook, and looks its host up.
///
/// # Errors
/// Returns a [`RefusedAddress`].
pub async fn check_address(rule: AddressRule, url: &str) -> Result<(), RefusedAddress> {
    rule.look_up(&parse(rule, url)?).await
}

fn parse(rule: AddressRule, url: &str) -> Result<Url, RefusedAddress> {
    rule.parse_with_ports(url, &PORTS)
}

fn refusal(error: reqwest::Error) -> WebhookRefusal {
    if public_address::is_refused(&error) {
        return WebhookRefusal::Address(RefusedAddress::NotPublic);
    }
    if error.is_timeout() {
        return WebhookRefusal::Timeout;
    }
    WebhookRefusal::Unreachable(cause(error))
}

/// Returns the signature of a request, with its version.
fn signature(secret: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    // HMAC takes a secret of any length, so the fallback is never used.
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()));
    for part in [id, ".", timestamp, ".", body] {
        mac.update(part.as_bytes());
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[tokio::test]
    async fn an_address_is_checked_at_each_attempt() {
        let _chosen_already = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let sender = WebhookSender::new(AddressRule::PublicOnly).unwrap();
        for (url, why) in [
            ("http://example.com/", RefusedAddress::NotPlainHttps),
            ("https://example.com:6379/", RefusedAddress::NotPlainHttps),
            ("https://127.0.0.1:8443/", RefusedAddress::NotPublic),
            ("https://[::1]/", RefusedAddress::NotPublic),
            ("https://[::ffff:127.0.0.1]/", RefusedAddress::NotPublic),
            ("https://169.254.169.254/", RefusedAddress::NotPublic),
            ("https://localhost/", RefusedAddress::NotPublic),
        ] {
            let webhook = OutgoingWebhook {
                url,
                id: "1",
                body: "{}",
                secrets: &[vec![1]],
            };
            let sent = sender.send(webhook, Utc::now()).await;
            assert_eq!(sent, Err(WebhookRefusal::Address(why)), "{url}");
        }
    }
}
