//! Sending of mail over SMTP (RFC 5321) through a pool of connections.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
    transport::smtp::{Error as SmtpError, PoolConfig},
};
use url::Url;

/// What the error of a mail begins with that the SMTP server refused finally. The classification of errors relies on
/// these beginnings (`src/domain/mailbox/mail_failures.rs`).
pub const REFUSED: &str = "the SMTP server refused the mail";
/// What the error of a mail begins with if the SMTP server wants other credentials or encryption.
pub const REFUSES_US: &str = "the SMTP server does not accept mail from us";
/// What the error of a mail begins with that the SMTP server put off.
pub const PUT_OFF: &str = "the SMTP server cannot accept the mail now";
/// What the error of a mail begins with if the SMTP server limits how much it takes.
pub const TAKES_NO_MORE: &str = "the SMTP server takes no more mail now";
/// What the error of a mail begins with if the SMTP server did not answer.
pub const UNAVAILABLE: &str = "the SMTP server is unavailable";

/// The largest number of connections to the SMTP server at the same time.
const CONNECTIONS: u32 = 8;
/// The time limit for one SMTP command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// The status codes of an SMTP server that requires other credentials or encryption (RFC 4954, RFC 3207).
const CONFIGURATION_CODES: &[u16] = &[530, 534, 535, 538];

/// The status codes with which SMTP servers limit how much mail they take (RFC 5321, section 4.2.3).
const THROTTLING_CODES: &[u16] = &[421, 450, 451, 452];
/// The enhanced status codes that are about the recipient's address, mailbox or server alone (RFC 3463, sections 3.2,
/// 3.3 and 3.5).
const OF_RECIPIENT: &[&str] = &["4.1.", "4.2.", "4.4."];
/// The enhanced status code that is, of all in that place, about the load (RFC 3463, section 3.5).
const CONGESTION: &str = "4.4.5";
/// The enhanced status code of policies: of greylists, which concern one recipient, or of limits, whose texts say so.
const OF_POLICY: &str = "4.7.1";
/// The status code that means a mailbox that is not available, unless its text says otherwise.
const MAILBOX_UNAVAILABLE: u16 = 450;
/// What texts contain that speak of how much mail is taken.
const OF_RATE: &[&str] = &[" rate", "throttl", "too many", "too fast", "connections"];
/// The status code with which Amazon SES limits the rate, which otherwise means a failed authentication.
const SES_CODE: u16 = 454;

/// A mail that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// The name of the recipient; may be empty.
    pub name: String,
    /// The e-mail address of the recipient.
    pub address: String,
    pub subject: String,
    /// The address to which replies go, if not to the sender.
    pub reply_to: Option<String>,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// The `Message-ID` with its angle brackets: the same for every attempt to send the same message.
    pub message_id: String,
    /// When the message was written.
    pub date: DateTime<Utc>,
    /// The link with which the recipient unsubscribes (RFC 8058: one click).
    pub unsubscribe: Option<Url>,
    /// An iCalendar entry to attach.
    pub calendar: Option<AttachedCalendar>,
    /// A picture that the HTML shows.
    pub picture: Option<InlinePicture>,
}

/// A picture that is a part of the mail (RFC 2392).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlinePicture {
    /// The `Content-ID` without its angle brackets, by which the HTML names it: `cid:…`.
    pub id: String,
    /// The picture as PNG.
    pub png: Vec<u8>,
}

/// An iCalendar entry as an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedCalendar {
    /// The name of the file.
    pub name: String,
    /// The content of the file.
    pub text: String,
}

/// The reason why a mail was not sent. It is logged, so it holds no e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The SMTP server rejected the mail finally.
    #[error("{0}")]
    Permanent(String),
    /// A later attempt may succeed.
    #[error("{0}")]
    Transient(String),
    /// The SMTP server takes no more mail at present, to whomever.
    #[error("{0}")]
    Throttled(String),
}

/// Sends mail through one SMTP server. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    is_waiting: Arc<AtomicBool>,
}

impl Mailer {
    /// Creates a mailer for the SMTP server at `url` (`smtp://` or `smtps://`, with credentials if
    /// needed). The server's certificate must be signed by an authority that this machine trusts.
    ///
    /// # Errors
    /// Returns one line about what is wrong with the URL.
    pub fn new(url: &str, from: Mailbox) -> Result<Self, String> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|error| without_addresses(&error.to_string()))?
            .timeout(Some(COMMAND_TIMEOUT))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS))
            .build();
        Ok(Self {
            transport,
            from,
            is_waiting: Arc::default(),
        })
    }

    /// Sends a mail. When it returns `Ok`, the server has accepted the mail.
    ///
    /// # Errors
    /// Returns a [`SendError`] if the SMTP server rejected the mail or is unavailable.
    pub async fn send(&self, mail: OutgoingMail) -> Result<(), SendError> {
        let message = self.message(mail)?;
        let sent = match self.transport.send(message).await {
            Ok(_accepted) => Ok(()),
            Err(error) => Err(send_error(&error)),
        };
        self.log_change(&sent);
        sent
    }

    /// Checks that the SMTP server can be reached and accepts this client, without sending anything.
    ///
    /// # Errors
    /// Returns a [`SendError`] if the SMTP server is unavailable, or refuses the credentials.
    pub async fn probe(&self) -> Result<(), SendError> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SendError::Transient("the server did not answer".to_owned())),
            Err(error) => Err(send_error(&error)),
        }
    }

    /// Logs when mail begins to wait and when it is sent again: one line each, for any number of mails.
    fn log_change(&self, sent: &Result<(), SendError>) {
        match sent {
            Ok(()) if self.is_waiting.swap(false, Ordering::Relaxed) => {
                tracing::info!("SMTP_URL: the SMTP server accepts mail again");
            }
            Err(SendError::Transient(why)) if !self.is_waiting.swap(true, Ordering::Relaxed) => {
                tracing::warn!(
                    error = why,
                    "SMTP_URL: mail waits, since the SMTP server does not accept it"
                );
            }
            _ => {}
        }
    }

    /// Builds the MIME message.
    fn message(&self, mail: OutgoingMail) -> Result<Message, SendError> {
        let malformed = |what: &str, error: &dyn fmt::Display| {
            SendError::Permanent(format!("{what}: {}", without_addresses(&error.to_string())))
        };
        let address: Address = mail.address.parse().map_err(|e| malformed("address", &e))?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(
                Some(mail.name).filter(|name| !name.is_empty()),
                address,
            ))
            .subject(mail.subject)
            .message_id(Some(mail.message_id))
            .date(mail.date.into())
            .header(AutoSubmitted);
        if let Some(address) = mail.reply_to {
            let address: Address = address.parse().map_err(|e| malformed("reply-to", &e))?;
            message = message.reply_to(Mailbox::new(None, address));
        }
        if let Some(link) = mail.unsubscribe {
            message = message
                .header(ListUnsubscribe(format!("<{link}>")))
                .header(OneClick);
        }
        let both = match mail.picture {
            None => MultiPart::alternative_plain_html(mail.text, mail.html),
            Some(picture) => {
                let kind = ContentType::parse("image/png").map_err(|e| malformed("picture", &e))?;
                let html = MultiPart::related()
                    .singlepart(SinglePart::html(mail.html))
                    .singlepart(Attachment::new_inline(picture.id).body(picture.png, kind));
                MultiPart::alternative()
                    .singlepart(SinglePart::plain(mail.text))
                    .multipart(html)
            }
        };
        let parts = match mail.calendar {
            None => both,
            Some(calendar) => {
                let kind = ContentType::parse("text/calendar; charset=utf-8; method=PUBLISH")
                    .map_err(|e| malformed("calendar", &e))?;
                MultiPart::mixed()
                    .multipart(both)
                    .singlepart(attachment(calendar, kind))
            }
        };
        message.multipart(parts).map_err(|e| malformed("mail", &e))
    }
}

/// Returns the iCalendar entry as an attachment.
fn attachment(calendar: AttachedCalendar, kind: ContentType) -> SinglePart {
    Attachment::new(calendar.name).body(calendar.text, kind)
}

/// Classifies an error: a 5xx status is permanent, unless it is about our credentials or encryption; all
/// other errors are transient.
fn send_error(error: &SmtpError) -> SendError {
    let why = without_addresses(&error.to_string());
    let is_configuration = error
        .status()
        .is_some_and(|code| CONFIGURATION_CODES.contains(&code.into()));
    if is_configuration {
        SendError::Transient(format!("{REFUSES_US}: {why}"))
    } else if error.is_permanent() {
        SendError::Permanent(format!("{REFUSED}: {why}"))
    } else if error.is_transient() && is_throttling(error.status().map(Into::into), &why) {
        SendError::Throttled(format!("{TAKES_NO_MORE}: {why}"))
    } else if error.is_transient() {
        SendError::Transient(format!("{PUT_OFF}: {why}"))
    } else {
        SendError::Transient(format!("{UNAVAILABLE}: {why}"))
    }
}

/// Returns whether a server refused a mail because of how much it takes, and not because of its recipient: a mailbox
/// that is full, greylisted or out of reach must not hold up the mail of others.
fn is_throttling(code: Option<u16>, why: &str) -> bool {
    let Some(code) = code else { return false };
    let text = why.to_ascii_lowercase();
    if code == SES_CODE {
        return text.contains("throttl");
    }
    if !THROTTLING_CODES.contains(&code) {
        return false;
    }
    let of_rate = OF_RATE.iter().any(|words| text.contains(words));
    match enhanced_code(why) {
        Some(CONGESTION) => true,
        Some(enhanced) if OF_RECIPIENT.iter().any(|class| enhanced.starts_with(class)) => false,
        Some(OF_POLICY) => of_rate,
        None if code == MAILBOX_UNAVAILABLE => of_rate,
        _ => true,
    }
}

/// Returns the enhanced status code of a temporary failure in the text of a response (RFC 3463), such as `4.2.2`.
fn enhanced_code(why: &str) -> Option<&str> {
    let mut words = why
        .split_whitespace()
        .map(|word| word.trim_end_matches(|c: char| !c.is_ascii_digit()));
    words.find(|word| {
        let is_number = |part: &str| (1..=3).contains(&part.len()) && part.parse::<u16>().is_ok();
        word.starts_with("4.") && word.split('.').count() == 3 && word.split('.').all(is_number)
    })
}

/// Removes e-mail addresses from an SMTP error, which often repeats the recipient's.
fn without_addresses(text: &str) -> String {
    text.split_whitespace()
        .map(|word| if word.contains('@') { "…@…" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Defines a header with a fixed value.
macro_rules! fixed_header {
    ($(#[$doc:meta])* $name:ident, $header:literal, $value:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        struct $name;

        impl Header for $name {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($header)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self)
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), $value.to_owned())
            }
        }
    };
}
fixed_header!(
    /// Asks for no automatic replies (RFC 3834).
    AutoSubmitted,
    "Auto-Submitted",
    "auto-generated"
);
fixed_header!(
    /// A POST request to the link unsubscribes (RFC 8058).
    OneClick,
    "List-Unsubscribe-Post",
    "List-Unsubscribe=One-Click"
);

/// The link to unsubscribe (RFC 2369).
#[derive(Clone)]
struct ListUnsubscribe(String);

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_hold_no_e_mail_address() {
        let error = without_addresses("550 5.1.1 <bob@example.test>: no such user");
        assert_eq!(error, "550 5.1.1 …@… no such user");
    }

    #[test]
    fn a_server_that_limits_the_rate_is_told_from_a_busy_mailbox() {
        for (code, why) in [
            (421, "transient error (421): 4.7.28 too many mails"),
            (450, "transient error (450): too many connections"),
            (451, "transient error (451): 4.3.2 come back later"),
            (452, "transient error (452): 4.5.3 too many recipients"),
            (451, "transient error (451): try again later"),
            (450, "transient error (450): 4.7.0 too many mails"),
            (451, "transient error (451): 4.7.1 Rate limit exceeded"),
            (421, "transient error (421): 4.4.5 server busy"),
            (
                454,
                "transient error (454): Throttling failure: Maximum sending rate exceeded.",
            ),
        ] {
            assert!(is_throttling(Some(code), why), "{why}");
        }
        for (code, why) in [
            (450, "transient error (450): 4.2.0 …@… Greylisted"),
            (452, "transient error (452): 4.2.2 mailbox full"),
            (451, "transient error (451): 4.7.1 Greylisted, wait"),
            (450, "transient error (450): 4.7.1 …@… policy"),
            (
                451,
                "transient error (451): 4.4.1 connection to example.test timed out",
            ),
            (450, "transient error (450): mailbox unavailable"),
            (
                454,
                "transient error (454): 4.7.0 temporary authentication failure",
            ),
            (455, "transient error (455): no"),
        ] {
            assert!(!is_throttling(Some(code), why), "{why}");
        }
        assert!(!is_throttling(None, "connection refused"));
    }
}
