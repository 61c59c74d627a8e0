//! Secrets that a page shows once: encrypted for their owner, so that the browser keeps them from the form to the page
//! that follows, and the server stores them nowhere.

use super::encryption_keys::EncryptionKeys;
use crate::{model::UserId, store::InfrastructureError};

/// Encrypts such secrets for their owner. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ShownOnce(EncryptionKeys);

impl ShownOnce {
    /// Creates the service with the keys of this purpose.
    #[must_use]
    pub const fn new(keys: EncryptionKeys) -> Self {
        Self(keys)
    }

    /// Encrypts a secret for an account. `kind` says what it is, and is needed to open it.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the operating system provides no random numbers.
    pub fn seal(
        &self,
        account: UserId,
        kind: &str,
        secret: &str,
    ) -> Result<String, InfrastructureError> {
        self.0.seal(&context(account, kind), secret.as_bytes())
    }

    /// Returns the secret that was encrypted for this account; `None` for any other text.
    #[must_use]
    pub fn open(&self, account: UserId, kind: &str, sealed: &str) -> Option<String> {
        let secret = self.0.open(&context(account, kind), sealed)?;
        String::from_utf8(secret).ok()
    }
}

fn context(account: UserId, kind: &str) -> Vec<u8> {
    [kind.as_bytes(), b"\n", account.0.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_to_its_owner_as_what_it_is() {
        let shown = ShownOnce::new(EncryptionKeys::random());
        let (ada, bob) = (UserId::new(), UserId::new());
        let sealed = shown.seal(ada, "api-key", "mck_secret").unwrap();
        let opened = shown.open(ada, "api-key", &sealed);
        assert_eq!(opened.as_deref(), Some("mck_secret"));
        assert_eq!(shown.open(bob, "api-key", &sealed), None);
        assert_eq!(shown.open(ada, "webhook", &sealed), None);
        assert_eq!(shown.open(ada, "api-key", "else"), None);
    }
}
