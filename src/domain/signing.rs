//! The keys that sign tokens (HMAC-SHA-256), and how the secret is replaced.
//!
//! While a secret is being replaced there are two: the new one signs, and tokens that the old one
//! signed are still valid. A token contains the name of its key (`kid`, RFC 7515, section 4.1.4): a hash
//! of the secret, so that processes with the same secrets derive the same names.

use std::{fmt, sync::Arc};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{external::web_push::vapid::VapidKeys, store::InfrastructureError};

/// The length of a key's name, in bytes.
const ID_BYTES: usize = 8;

/// The key that signs, and the previous one while the secret is being replaced. Cheap to clone.
#[derive(Clone)]
pub struct SigningKeys(Arc<KeyRing>);

struct KeyRing {
    current: SigningKey,
    previous: Option<SigningKey>,
    validation: Validation,
}

struct SigningKey {
    id: String,
    secret: Vec<u8>,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl SigningKeys {
    /// Creates the keys from the secret that signs and, while it is being replaced, the previous one.
    #[must_use]
    pub fn new(secret: &[u8], previous: Option<&[u8]>) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        Self(Arc::new(KeyRing {
            validation,
            current: SigningKey::new(secret),
            previous: previous.map(SigningKey::new),
        }))
    }

    /// Derives keys for one purpose; what they sign is not valid for another purpose.
    #[must_use]
    pub fn for_purpose(&self, purpose: &str) -> Self {
        let derive = |key: &SigningKey| {
            Sha256::new()
                .chain_update(purpose)
                .chain_update(&key.secret)
                .finalize()
        };
        let previous = self.0.previous.as_ref().map(derive);
        Self::new(&derive(&self.0.current), previous.as_deref())
    }

    /// Derives the key for authentication codes of one purpose from the same secrets.
    #[must_use]
    pub fn for_codes(&self, purpose: &str) -> super::purpose_key::PurposeKey {
        let previous = self.0.previous.as_ref().map(|key| key.secret.as_slice());
        super::purpose_key::PurposeKey::derive(&self.0.current.secret, previous, purpose)
    }

    /// Derives the keys that encrypt values of one purpose from the same secrets.
    #[must_use]
    pub fn for_encryption(&self, purpose: &str) -> super::encryption_keys::EncryptionKeys {
        let previous = self.0.previous.as_ref().map(|key| key.secret.as_slice());
        super::encryption_keys::EncryptionKeys::derive(&self.0.current.secret, previous, purpose)
    }

    /// Derives the keys that identify the installation to push services from the same secrets.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the cryptography of this machine fails.
    pub fn for_push(&self) -> Result<VapidKeys, InfrastructureError> {
        let previous = self.0.previous.as_ref().map(|key| key.secret.as_slice());
        VapidKeys::derive(&self.0.current.secret, previous).map_err(InfrastructureError::internal)
    }

    /// Signs claims with the current key.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the claims can't be serialized.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, InfrastructureError> {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(self.0.current.id.clone());
        jsonwebtoken::encode(&header, claims, &self.0.current.encoding)
            .map_err(InfrastructureError::internal)
    }

    /// Returns the claims of a token that was signed by the key it names, or by any of the keys if it
    /// names none. Checks no claim, not even the expiry.
    #[must_use]
    pub fn verify<T: DeserializeOwned + Clone>(&self, token: &str) -> Option<T> {
        // The name matters only if there are two keys.
        let named = match &self.0.previous {
            Some(_) => jsonwebtoken::decode_header(token).ok()?.kid,
            None => None,
        };
        let keys = std::iter::once(&self.0.current).chain(&self.0.previous);
        keys.filter(|key| named.as_ref().is_none_or(|id| *id == key.id))
            .find_map(|key| {
                jsonwebtoken::decode::<T>(token, &key.decoding, &self.0.validation).ok()
            })
            .map(|token| token.claims)
    }
}

impl From<&[u8]> for SigningKeys {
    /// Creates keys from a secret that is not being replaced.
    fn from(secret: &[u8]) -> Self {
        Self::new(secret, None)
    }
}

impl SigningKey {
    fn new(secret: &[u8]) -> Self {
        let hash = Sha256::new()
            .chain_update("mini-compete: the name of a key\n")
            .chain_update(secret)
            .finalize();
        Self {
            id: hex::encode(&hash[..ID_BYTES]),
            secret: secret.to_vec(),
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OLD: &[u8] = b"the secret until now, of 32 bytes";
    const NEW: &[u8] = b"the secret from now on, 32 bytes";

    fn claims() -> Value {
        json!({ "sub": "somebody" })
    }

    fn good(keys: &SigningKeys, token: &str) -> bool {
        keys.verify::<Value>(token).is_some()
    }

    #[test]
    fn tokens_of_the_previous_secret_are_valid_while_it_is_configured() {
        let before = SigningKeys::new(OLD, None);
        let meanwhile = SigningKeys::new(NEW, Some(OLD));
        let after = SigningKeys::new(NEW, None);
        let (old, new) = (
            before.sign(&claims()).unwrap(),
            meanwhile.sign(&claims()).unwrap(),
        );
        assert!(good(&meanwhile, &old) && good(&meanwhile, &new));
        assert!(!good(&after, &old) && good(&after, &new));
        assert!(!good(&before, &new), "the new secret signs from the start");
    }

    #[test]
    fn a_token_names_its_key_and_one_without_a_name_is_verified_with_both() {
        let keys = SigningKeys::new(NEW, Some(OLD));
        let header = jsonwebtoken::decode_header(keys.sign(&claims()).unwrap()).unwrap();
        assert_eq!(header.kid.map(|id| id.len()), Some(2 * ID_BYTES));
        let mut nameless = Header::new(Algorithm::HS256);
        let sign = |header: &Header| {
            jsonwebtoken::encode(header, &claims(), &EncodingKey::from_secret(OLD)).unwrap()
        };
        assert!(good(&keys, &sign(&nameless)));
        nameless.kid = Some("another".to_owned());
        assert!(!good(&keys, &sign(&nameless)));
    }

    #[test]
    fn keys_of_one_purpose_are_not_valid_for_another() {
        let keys = SigningKeys::new(NEW, Some(OLD));
        let link = SigningKeys::new(OLD, None)
            .for_purpose("link\n")
            .sign(&claims())
            .unwrap();
        assert!(good(&keys.for_purpose("link\n"), &link));
        assert!(!good(&keys, &link) && !good(&keys.for_purpose("other\n"), &link));
    }
}
