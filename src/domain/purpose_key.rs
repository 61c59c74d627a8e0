//! Keys that are derived from the installation's secret, one for each purpose. They authenticate values
//! that the application issues, and hash values that it must recognise but not read.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The length of a message authentication code, in bytes: HMAC-SHA-256, truncated to 128 bits
/// (RFC 2104, section 5).
pub const MAC_BYTES: usize = 16;

/// A key for one purpose. Cheap to clone.
#[derive(Clone)]
pub struct PurposeKey {
    current: Hmac<Sha256>,
    previous: Option<Hmac<Sha256>>,
}

impl PurposeKey {
    /// Derives the key for `purpose` from the installation's secret. Keys of different purposes are
    /// independent, so a code of one is not valid for another. While the secret is being replaced, codes
    /// that were made with the `previous` one are still valid.
    #[must_use]
    pub fn derive(secret: &[u8], previous: Option<&[u8]>, purpose: &str) -> Self {
        let derive = |secret: &[u8]| {
            let parts: [&[u8]; 2] = [b"mini-compete:", purpose.as_bytes()];
            keyed(&code(&keyed(secret), &parts))
        };
        Self {
            current: derive(secret),
            previous: previous.map(derive),
        }
    }

    /// Returns a random key that exists only in this process.
    #[must_use]
    pub fn random() -> Self {
        Self {
            current: keyed(&rand::random::<[u8; 32]>()),
            previous: None,
        }
    }

    /// Returns the authentication code of the concatenation of `parts`. The caller makes sure that
    /// different parts have different concatenations.
    #[must_use]
    pub fn code(&self, parts: &[&[u8]]) -> [u8; MAC_BYTES] {
        let mut short = [0; MAC_BYTES];
        for (short, whole) in short.iter_mut().zip(code(&self.current, parts)) {
            *short = whole;
        }
        short
    }

    /// Returns whether `claimed` is the code of these parts. Compares in constant time.
    #[must_use]
    pub fn verifies(&self, parts: &[&[u8]], claimed: &[u8]) -> bool {
        let holds = |key: &Hmac<Sha256>| {
            let mut mac = key.clone();
            for part in parts {
                mac.update(part);
            }
            mac.verify_truncated_left(claimed).is_ok()
        };
        claimed.len() == MAC_BYTES
            && (holds(&self.current) || self.previous.as_ref().is_some_and(holds))
    }
}

impl std::fmt::Debug for PurposeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PurposeKey(…)")
    }
}

/// Returns HMAC-SHA-256 with a secret of any length (RFC 2104, section 2); the fallback is never used.
fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

fn code(key: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_valid_for_its_purpose_its_secret_and_its_content_only() {
        let key = PurposeKey::derive(b"secret", None, "devices");
        let code = key.code(&[b"abc"]);
        assert!(key.verifies(&[b"a", b"bc"], &code));
        assert!(!key.verifies(&[b"abd"], &code));
        assert!(!key.verifies(&[b"abc"], &code[..15]));
        assert!(!key.verifies(&[b"abc"], b""));
        assert!(!PurposeKey::derive(b"secret", None, "audit").verifies(&[b"abc"], &code));
        let another = PurposeKey::derive(b"another", None, "devices");
        assert!(!another.verifies(&[b"abc"], &code));
        let meanwhile = PurposeKey::derive(b"another", Some(b"secret"), "devices");
        assert!(meanwhile.verifies(&[b"abc"], &code));
        assert_eq!(meanwhile.code(&[b"abc"]), another.code(&[b"abc"]));
        assert!(!PurposeKey::random().verifies(&[b"abc"], &code));
    }
}
