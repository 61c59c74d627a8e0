//! Encryption of the few values that the application must read again and that a copy of the database must not
//! reveal: AES-256-GCM with a key that is derived from the installation's secret for one purpose.
//!
//! A sealed text is `base64(nonce ‖ ciphertext ‖ tag)`. It is bound to a context, for example the account that it
//! belongs to: moved to another row, it can't be opened.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::store::InfrastructureError;

/// The number of bytes of a key's name.
const NAME_BYTES: usize = 8;

/// The keys of one purpose: one that encrypts and decrypts and, while the installation's secret is being replaced,
/// the previous one, which only decrypts. Cheap to clone.
#[derive(Clone)]
pub struct EncryptionKeys {
    current: EncryptionKey,
    previous: Option<EncryptionKey>,
}

#[derive(Clone)]
struct EncryptionKey {
    bytes: [u8; 32],
    name: String,
}

impl EncryptionKeys {
    /// Derives the keys for `purpose` from the installation's secret and the previous one.
    #[must_use]
    pub fn derive(secret: &[u8], previous: Option<&[u8]>, purpose: &str) -> Self {
        Self {
            current: EncryptionKey::derive(secret, purpose),
            previous: previous.map(|secret| EncryptionKey::derive(secret, purpose)),
        }
    }

    /// Returns a random key that exists only in this process.
    #[must_use]
    pub fn random() -> Self {
        Self::derive(&rand::random::<[u8; 32]>(), None, "random")
    }

    /// Returns the name of the key that encrypts. It reveals nothing about the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.current.name
    }

    /// Returns whether texts of another key can be opened, too.
    #[must_use]
    pub fn is_being_replaced(&self) -> bool {
        self.previous.is_some()
    }

    /// Encrypts `content` for a context.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the operating system provides no random numbers.
    pub fn seal(&self, context: &[u8], content: &[u8]) -> Result<String, InfrastructureError> {
        let mut text = content.to_vec();
        let nonce = self
            .current
            .cipher()?
            .seal_in_place_append_tag(Aad::from(context), &mut text)
            .map_err(InfrastructureError::internal)?;
        Ok(STANDARD_NO_PAD.encode([nonce.as_ref().as_slice(), &text].concat()))
    }

    /// Decrypts a text of this context; `None` if it was sealed with an unknown key or for another context, or was
    /// changed.
    #[must_use]
    pub fn open(&self, context: &[u8], sealed: &str) -> Option<Vec<u8>> {
        let sealed = STANDARD_NO_PAD.decode(sealed).ok()?;
        let keys = std::iter::once(&self.current).chain(&self.previous);
        keys.into_iter().find_map(|key| key.open(context, &sealed))
    }
}

impl EncryptionKey {
    fn derive(secret: &[u8], purpose: &str) -> Self {
        let code = |part: &str| -> [u8; 32] {
            // HMAC takes a secret of any length, so the fallback is never used.
            let mut mac = Hmac::<Sha256>::new_from_slice(secret)
                .unwrap_or_else(|_| Hmac::new(&Default::default()));
            mac.update(b"mini-compete:");
            mac.update(part.as_bytes());
            mac.update(purpose.as_bytes());
            mac.finalize().into_bytes().into()
        };
        let name = code("the name of an encryption key:");
        Self {
            bytes: code("an encryption key:"),
            name: hex::encode(name.split_at(NAME_BYTES).0),
        }
    }

    fn cipher(&self) -> Result<RandomizedNonceKey, InfrastructureError> {
        RandomizedNonceKey::new(&AES_256_GCM, &self.bytes).map_err(InfrastructureError::internal)
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let cipher = self.cipher().ok()?;
        let content = cipher.open_in_place(nonce, Aad::from(context), &mut text);
        content.ok().map(|content| content.to_vec())
    }
}

impl std::fmt::Debug for EncryptionKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncryptionKeys(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = b"the old secret";
    const NEW: &[u8] = b"the new secret";

    #[test]
    fn a_sealed_text_is_opened_by_its_key_for_its_context_only() {
        let keys = EncryptionKeys::derive(OLD, None, "totp");
        let sealed = keys.seal(b"ada", b"content").unwrap();
        assert_eq!(keys.open(b"ada", &sealed).as_deref(), Some(&b"content"[..]));
        assert_eq!(keys.open(b"bob", &sealed), None);
        for other in [
            EncryptionKeys::derive(OLD, None, "else"),
            EncryptionKeys::derive(NEW, None, "totp"),
            EncryptionKeys::random(),
        ] {
            assert_eq!(other.open(b"ada", &sealed), None);
            assert_ne!(other.name(), keys.name());
        }
        let mut changed = STANDARD_NO_PAD.decode(&sealed).unwrap();
        *changed.last_mut().unwrap() ^= 1;
        for text in [
            STANDARD_NO_PAD.encode(changed).as_str(),
            "",
            "AAAA",
            "no base64!",
        ] {
            assert_eq!(keys.open(b"ada", text), None, "{text}");
        }
    }

    #[test]
    fn the_same_content_is_never_sealed_to_the_same_text() {
        let keys = EncryptionKeys::derive(OLD, None, "totp");
        let seal = || keys.seal(b"ada", b"content").unwrap();
        assert_ne!(seal(), seal());
        assert!(!format!("{keys:?}").contains("116"), "{keys:?}");
    }

    #[test]
    fn the_previous_key_opens_and_does_not_seal() {
        let before = EncryptionKeys::derive(OLD, None, "totp");
        let meanwhile = EncryptionKeys::derive(NEW, Some(OLD), "totp");
        let after = EncryptionKeys::derive(NEW, None, "totp");
        let old = before.seal(b"ada", b"content").unwrap();
        let new = meanwhile.seal(b"ada", b"content").unwrap();
        assert!(meanwhile.open(b"ada", &old).is_some() && after.open(b"ada", &old).is_none());
        assert!(after.open(b"ada", &new).is_some() && before.open(b"ada", &new).is_none());
        assert!(meanwhile.is_being_replaced() && !after.is_being_replaced());
        assert_eq!(meanwhile.name(), after.name());
    }
}
