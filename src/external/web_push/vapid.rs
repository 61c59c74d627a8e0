//! Voluntary identification of the installation to push services (VAPID, RFC 8292).
//!
//! The key is derived from the installation's secret, so that there is nothing to configure, and all processes have the
//! same one. A browser names the public key when it subscribes, and its push service accepts messages of that key only.
//! While the secret is being replaced, subscriptions of the previous key are still served.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    encoding::{AsDer, Pkcs8V1Der},
    hkdf::{HKDF_SHA256, Salt},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

/// How long a token is valid; RFC 8292 allows 24 hours, and clocks differ.
const LIFETIME: TimeDelta = TimeDelta::hours(12);
/// What a key is derived for. Subscriptions depend on it: it never changes.
const PURPOSE: &[u8] = b"mini-compete: web push";

/// A key can't be derived, or a token can't be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("VAPID: {0}")]
pub struct VapidError(String);

/// The keys of the installation: the one with which browsers subscribe and, while the secret is being replaced, the
/// previous one. Cheap to clone.
#[derive(Debug, Clone)]
pub struct VapidKeys {
    /// The key with which browsers subscribe.
    pub current: VapidKey,
    /// The key with which they subscribed before.
    pub previous: Option<VapidKey>,
}

impl VapidKeys {
    /// Derives the keys from the installation's secret and the previous one.
    ///
    /// # Errors
    /// Returns a [`VapidError`] if the cryptography of this machine fails.
    pub fn derive(secret: &[u8], previous: Option<&[u8]>) -> Result<Self, VapidError> {
        Ok(Self {
            current: VapidKey::derive(secret)?,
            previous: previous.map(VapidKey::derive).transpose()?,
        })
    }

    /// Returns the key whose public part this is.
    #[must_use]
    pub fn named(&self, public: &str) -> Option<&VapidKey> {
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        keys.find(|key| *key.public == *public)
    }
}

/// A key that signs tokens (ECDSA with P-256 and SHA-256).
#[derive(Clone)]
pub struct VapidKey {
    public: Arc<str>,
    signing: Arc<EncodingKey>,
}

#[derive(Serialize)]
struct VapidClaims<'a> {
    aud: &'a str,
    exp: i64,
    sub: &'a str,
}

impl VapidKey {
    fn derive(secret: &[u8]) -> Result<Self, VapidError> {
        let derived = Salt::none(HKDF_SHA256).extract(secret);
        // One of four billion numbers of 32 bytes is no private key: then the next one is taken.
        for attempt in 0..u8::MAX {
            let mut number = [0; 32];
            derived
                .expand(&[PURPOSE, &[attempt]], HKDF_SHA256)
                .and_then(|bytes| bytes.fill(&mut number))
                .map_err(|error| VapidError(error.to_string()))?;
            if let Ok(key) = PrivateKey::from_private_key(&ECDH_P256, &number) {
                return Self::from_private(&key);
            }
        }
        Err(VapidError("no key can be derived".to_owned()))
    }

    fn from_private(key: &PrivateKey) -> Result<Self, VapidError> {
        let failed = |error: aws_lc_rs::error::Unspecified| VapidError(error.to_string());
        let public = key.compute_public_key().map_err(failed)?;
        let der: Pkcs8V1Der<'_> = key.as_der().map_err(failed)?;
        Ok(Self {
            public: URL_SAFE_NO_PAD.encode(public.as_ref()).into(),
            signing: Arc::new(EncodingKey::from_ec_der(der.as_ref())),
        })
    }

    /// Returns the public key, in Base64url.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    /// Returns the value of the header `Authorization` for the push service at `origin` (RFC 8292, section 3).
    ///
    /// # Errors
    /// Returns a [`VapidError`] if the token can't be signed.
    pub(super) fn authorization(
        &self,
        origin: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<String, VapidError> {
        let claims = VapidClaims {
            aud: origin,
            exp: (now + LIFETIME).timestamp(),
            sub: subject,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &self.signing)
            .map_err(|error| VapidError(error.to_string()))?;
        Ok(format!("vapid t={token}, k={}", self.public))
    }
}

impl fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VapidKey({})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    fn decoded(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn a_token_names_the_service_the_contact_and_its_end_and_is_signed_by_the_public_key() {
        let key = VapidKey::derive(b"a secret of the installation").unwrap();
        let now = "2030-01-01T00:00:00Z".parse().unwrap();
        let value = key
            .authorization("https://push.test", "mailto:ops@club.test", now)
            .unwrap();
        let (token, public) = value
            .strip_prefix("vapid t=")
            .unwrap()
            .split_once(", k=")
            .unwrap();
        assert_eq!((public, public.len()), (key.public(), 87));
        let (content, signature) = token.rsplit_once('.').unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decoded(public))
            .verify(content.as_bytes(), &decoded(signature))
            .unwrap();
        let (header, claims) = content.split_once('.').unwrap();
        let header: serde_json::Value = serde_json::from_slice(&decoded(header)).unwrap();
        assert_eq!(header, serde_json::json!({ "typ": "JWT", "alg": "ES256" }));
        let claims: serde_json::Value = serde_json::from_slice(&decoded(claims)).unwrap();
        let exp = 1_893_456_000 + 12 * 60 * 60;
        assert_eq!(
            claims,
            serde_json::json!({ "aud": "https://push.test", "exp": exp, "sub": "mailto:ops@club.test" })
        );
    }

    #[test]
    fn keys_follow_from_the_secret_and_the_previous_one_is_still_known() {
        let old = VapidKeys::derive(b"old", None).unwrap();
        let new = VapidKeys::derive(b"new", Some(b"old")).unwrap();
        assert_eq!(
            VapidKeys::derive(b"old", None).unwrap().current.public(),
            old.current.public()
        );
        assert_ne!(new.current.public(), old.current.public());
        assert!(new.named(old.current.public()).is_some());
        assert!(old.named(new.current.public()).is_none());
        // Never changes, or every subscription is lost.
        let public = "BOwLQnZyOdtq4vK49ijv8ip3WjFxog6hI4zpBr4mVug2gp2V2ahef1TQOiCICqgMIyZLB27SctxWrKTfS6EGWNo";
        assert_eq!(old.current.public(), public);
    }
}
