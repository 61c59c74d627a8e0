//! Real mail, by SMTP, through one pool of connections.

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

/// Connections to the relay at the same time.
const CONNECTIONS: u32 = 8;
/// How long the relay may take for one command.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a relay says that wants credentials, or others, or encryption first (RFC 4954, RFC 3207).
const NOT_LIKE_THIS: &[u16] = &[530, 534, 535, 538];

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// To whom.
    pub name: String,
    /// Where.
    pub address: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// In angle brackets; the same for the same letter.
    pub message_id: String,
    /// Written then.
    pub date: DateTime<Utc>,
    /// Where to say that one wants no more of these (RFC 8058: one click).
    pub unsubscribe: Option<Url>,
    /// An iCalendar entry to attach.
    pub calendar: Option<String>,
}

/// Why it did not go out. Says nothing about people: it stands in logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It won't go out to this address.
    #[error("{0}")]
    Permanent(String),
    /// It may later.
    #[error("{0}")]
    Transient(String),
}

/// Sends mail. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    in_trouble: Arc<AtomicBool>,
}

impl Mailer {
    /// Through the relay at `url` (`smtp://` or `smtps://`, with credentials in it where needed).
    /// Certificates must be vouched for by whom this machine trusts.
    ///
    /// # Errors
    /// One line about what in the URL does not work.
    pub fn new(url: &str, from: Mailbox) -> Result<Self, String> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|error| without_addresses(&error.to_string()))?
            .timeout(Some(PATIENCE))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS))
            .build();
        Ok(Self {
            transport,
            from,
            in_trouble: Arc::default(),
        })
    }

    /// Sends it: when this returns, the relay has taken it.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, mail: OutgoingMail) -> Result<(), SendError> {
        let message = self.message(mail)?;
        let sent = match self.transport.send(message).await {
            Ok(_accepted) => Ok(()),
            Err(error) => Err(refused(&error)),
        };
        self.tell(&sent);
        sent
    }

    /// One line when mail begins to wait and one when it goes out again, however much there is.
    fn tell(&self, sent: &Result<(), SendError>) {
        match sent {
            Ok(()) if self.in_trouble.swap(false, Ordering::Relaxed) => {
                tracing::info!("SMTP_URL: mail goes out again");
            }
            Err(SendError::Transient(why)) if !self.in_trouble.swap(true, Ordering::Relaxed) => {
                tracing::warn!(why, "SMTP_URL: mail waits");
            }
            _ => {}
        }
    }

    fn message(&self, mail: OutgoingMail) -> Result<Message, SendError> {
        let broken = |what: &str, error: &dyn fmt::Display| {
            SendError::Permanent(format!("{what}: {}", without_addresses(&error.to_string())))
        };
        let address: Address = mail.address.parse().map_err(|e| broken("address", &e))?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(mail.name), address))
            .subject(mail.subject)
            .message_id(Some(mail.message_id))
            .date(mail.date.into())
            .header(AutoSubmitted);
        if let Some(link) = mail.unsubscribe {
            message = message
                .header(ListUnsubscribe(format!("<{link}>")))
                .header(OneClick);
        }
        let both = MultiPart::alternative_plain_html(mail.text, mail.html);
        let parts = match mail.calendar {
            None => both,
            Some(calendar) => {
                let kind = ContentType::parse("text/calendar; charset=utf-8; method=PUBLISH")
                    .map_err(|e| broken("calendar", &e))?;
                MultiPart::mixed()
                    .multipart(both)
                    .singlepart(attachment(calendar, kind))
            }
        };
        message.multipart(parts).map_err(|e| broken("mail", &e))
    }
}

fn attachment(calendar: String, kind: ContentType) -> SinglePart {
    Attachment::new("competition.ics".to_owned()).body(calendar, kind)
}

/// 5xx is about this mail, unless it is about who hands it in; everything else may pass.
fn refused(error: &SmtpError) -> SendError {
    let why = without_addresses(&error.to_string());
    let is_about_us = error
        .status()
        .is_some_and(|code| NOT_LIKE_THIS.contains(&code.into()));
    if is_about_us {
        SendError::Transient(format!("the relay does not take mail from us: {why}"))
    } else if error.is_permanent() {
        SendError::Permanent(format!("the relay refused it: {why}"))
    } else if error.is_transient() {
        SendError::Transient(format!("the relay can't take it now: {why}"))
    } else {
        SendError::Transient(format!("no relay: {why}"))
    }
}

/// Relays like to repeat to whom a mail was.
fn without_addresses(text: &str) -> String {
    text.split_whitespace()
        .map(|word| if word.contains('@') { "…@…" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

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
    /// No out-of-office answers, please (RFC 3834).
    AutoSubmitted,
    "Auto-Submitted",
    "auto-generated"
);
fixed_header!(
    /// A POST to the link is enough (RFC 8058).
    OneClick,
    "List-Unsubscribe-Post",
    "List-Unsubscribe=One-Click"
);

/// RFC 2369.
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
    fn errors_say_nothing_about_people() {
        let said = without_addresses("550 5.1.1 <bob@example.test>: no such user");
        assert_eq!(said, "550 5.1.1 …@… no such user");
    }
}
