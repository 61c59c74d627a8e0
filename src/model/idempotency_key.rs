//! The idempotency key that a client sends with a registration
//! (draft-ietf-httpapi-idempotency-key-header).

use std::fmt;

use serde::{Deserialize, Serialize};

/// An idempotency key (draft-ietf-httpapi-idempotency-key-header): 1 to 255 visible ASCII
/// characters, chosen by the client, scoped to one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

/// The reason why a text is not an [`IdempotencyKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key or an empty one was sent.
    #[error("an idempotency key is required")]
    Missing,
    /// The key has more than 255 characters.
    #[error("an idempotency key has at most 255 characters")]
    TooLong,
    /// The key has a space, a control character or a character outside ASCII.
    #[error("an idempotency key has visible ASCII characters only")]
    NotVisibleAscii,
    /// The key begins with the quote of a Structured Field string and does not end with one.
    #[error("an idempotency key in quotes ends with a quote")]
    Unclosed,
}

impl IdempotencyKey {
    /// The length of the longest key, in characters.
    pub const MAX: usize = 255;
    /// The keys that [`parse`](Self::parse) accepts, as a regular expression; it is inexact only for
    /// quoted keys of more than 253 characters.
    pub const PATTERN: &str = r#"^(?:[!#-~][!-~]*|"[!-~]+")$"#;

    /// Parses a key as it is sent in the `Idempotency-Key` header or a form's hidden field, with or
    /// without the quotes of a Structured Field string (RFC 9651, section 3.3.3).
    ///
    /// # Errors
    /// Returns a [`KeyError`] if the key is empty, too long or not visible ASCII, or if only the opening
    /// quote is there.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        Self::stored(match text.strip_prefix('"') {
            Some(rest) => unescape(rest.strip_suffix('"').ok_or(KeyError::Unclosed)?),
            None => text.to_owned(),
        })
    }

    /// Restores a key from storage, unchanged: quotes are a part of it.
    ///
    /// # Errors
    /// Returns a [`KeyError`] if it is empty, too long or not visible ASCII.
    pub fn stored(inner: String) -> Result<Self, KeyError> {
        if inner.is_empty() {
            Err(KeyError::Missing)
        } else if !inner.bytes().all(|b| b.is_ascii_graphic()) {
            Err(KeyError::NotVisibleAscii)
        } else if inner.len() > Self::MAX {
            Err(KeyError::TooLong)
        } else {
            Ok(Self(inner))
        }
    }

    /// Returns a new key for a form: a UUID of version 4, which reveals neither person nor time.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn mint() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// Returns the key without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Removes the escapes of a Structured Field string, which escapes only `"` and `\`.
fn unescape(quoted: &str) -> String {
    quoted.replace("\\\"", "\"").replace("\\\\", "\\")
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_of_a_structured_field_are_not_part_of_the_key() {
        assert_eq!(
            IdempotencyKey::parse("\"abc\""),
            IdempotencyKey::parse("abc")
        );
    }

    #[test]
    fn a_key_that_holds_quotes_comes_back_from_storage_as_it_went_in() {
        let key = IdempotencyKey::parse(r#"""a"""#).unwrap();
        assert_eq!(key.as_str(), r#""a""#);
        assert_eq!(IdempotencyKey::stored(key.as_str().to_owned()), Ok(key));
    }

    #[test]
    fn keys_that_are_empty_too_long_or_not_visible_are_refused() {
        assert_eq!(IdempotencyKey::parse(""), Err(KeyError::Missing));
        assert_eq!(IdempotencyKey::parse("\"\""), Err(KeyError::Missing));
        for open in ["\"", "\"abc"] {
            assert_eq!(IdempotencyKey::parse(open), Err(KeyError::Unclosed));
        }
        assert_eq!(
            IdempotencyKey::parse(&"k".repeat(256)),
            Err(KeyError::TooLong)
        );
        assert!(IdempotencyKey::parse(&"k".repeat(255)).is_ok());
        for bad in ["a b", "a\tb", "a\u{7f}", "schlüssel"] {
            assert_eq!(IdempotencyKey::parse(bad), Err(KeyError::NotVisibleAscii));
        }
    }
}
