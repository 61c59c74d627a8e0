//! How participants reach an organizer.

#[cfg(feature = "ssr")]
use url::{Host, Url};

#[cfg(feature = "ssr")]
use super::{email_address, text_rules};

/// The longest contact, in characters.
pub const CONTACT_LENGTH: usize = 254;

/// An e-mail address or the address of a page, which an organizer shows to everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact(String);

/// The text is neither an e-mail address nor the address of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter an e-mail address like name@example.org, or an address like https://example.org.")]
pub struct NoContact;

impl Contact {
    /// Reads what an organizer has typed: an e-mail address, or an address on the web, where `https://` may be left
    /// out. An empty text means that there is no contact.
    ///
    /// # Errors
    /// Returns [`NoContact`] for anything else, for example an address with a password in it, or one of a host
    /// that nobody else reaches.
    #[cfg(feature = "ssr")]
    pub fn parse(text: &str) -> Result<Option<Self>, NoContact> {
        let text = text_rules::line(text, 0, CONTACT_LENGTH).map_err(|_| NoContact)?;
        if text.is_empty() {
            return Ok(None);
        }
        if text.contains(char::is_whitespace) {
            return Err(NoContact);
        }
        let address = text.strip_prefix("mailto:").unwrap_or(&text).to_lowercase();
        if email_address::is_plausible(&address) {
            return Ok(Some(Self(address)));
        }
        let typed = if text.contains("://") {
            text
        } else {
            format!("https://{text}")
        };
        let url = Url::parse(&typed).map_err(|_| NoContact)?;
        let is_public = match url.host() {
            Some(Host::Domain(name)) => {
                name.trim_end_matches('.').contains('.') && !name.ends_with(".localhost")
            }
            _ => false,
        };
        let is_web = matches!(url.scheme(), "https" | "http");
        let has_secret = !url.username().is_empty() || url.password().is_some();
        let url = String::from(url);
        if !is_web || !is_public || has_secret || url.chars().count() > CONTACT_LENGTH {
            return Err(NoContact);
        }
        Ok(Some(Self(url)))
    }

    /// Reads a contact that is stored.
    #[must_use]
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the contact as it is stored and as a form shows it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether it is an e-mail address.
    #[must_use]
    pub fn is_mail(&self) -> bool {
        !self.0.contains("://")
    }

    /// Returns the target of a link.
    #[must_use]
    pub fn href(&self) -> String {
        if self.is_mail() {
            // What has a meaning in such an address (RFC 6068, section 2) is encoded.
            let address = self.0.replace('%', "%25").replace('?', "%3F");
            format!("mailto:{}", address.replace('&', "%26").replace('#', "%23"))
        } else {
            self.0.clone()
        }
    }

    /// Returns what a link shows: the address without what every address has.
    #[must_use]
    pub fn label(&self) -> &str {
        let short = self.0.strip_prefix("https://");
        let short = short.unwrap_or_else(|| self.0.strip_prefix("http://").unwrap_or(&self.0));
        short.strip_suffix('/').unwrap_or(short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Contact> {
        Contact::parse(text).unwrap()
    }

    #[test]
    fn an_e_mail_address_or_an_address_on_the_web_is_a_contact() {
        for (typed, href, label) in [
            (
                " Club@Example.org ",
                "mailto:club@example.org",
                "club@example.org",
            ),
            (
                "mailto:a+b?c@example.org",
                "mailto:a+b%3Fc@example.org",
                "a+b?c@example.org",
            ),
            ("https://example.org", "https://example.org/", "example.org"),
            (
                "example.org/contact",
                "https://example.org/contact",
                "example.org/contact",
            ),
            (
                "http://example.org/a",
                "http://example.org/a",
                "example.org/a",
            ),
        ] {
            let contact = parsed(typed).unwrap();
            assert_eq!(
                (&*contact.href(), contact.label()),
                (href, label),
                "{typed}"
            );
        }
        assert_eq!(parsed("  "), None);
    }

    #[test]
    fn nothing_else_is_a_contact() {
        for typed in [
            "javascript:alert(1)",
            "javascript://example.org/%0aalert(1)",
            "data:text/html,x",
            "ftp://example.org",
            "https://user:secret@example.org",
            "https://user@example.org",
            "https://localhost",
            "https://127.0.0.1",
            "https://[::1]/",
            "https://printer",
            "call me",
            "a b@example.org",
            "@",
            "\0",
            "a\0@example.org",
            "\u{200b}",
            "club@example.org\nX: y",
        ] {
            assert_eq!(Contact::parse(typed), Err(NoContact), "{typed}");
        }
        let long = format!("https://example.org/{}", "x".repeat(CONTACT_LENGTH));
        assert_eq!(Contact::parse(&long), Err(NoContact));
    }
}
