//! Encryption of a push message for one subscription (RFC 8291), in a single record of `aes128gcm` (RFC 8188).

use std::fmt;

use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    agreement::{self, ECDH_P256, ParsedPublicKey, PrivateKey, UnparsedPublicKey},
    error::Unspecified,
    hkdf::{HKDF_SHA256, KeyType, Salt},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The length of a point of P-256 without compression, in bytes (SEC 1).
const POINT: usize = 65;
/// The length of the authentication secret of a subscription, in bytes.
const AUTH: usize = 16;
/// The length of a salt, in bytes.
const SALT: usize = 16;
/// The length of the tag of AES-GCM, in bytes.
const TAG: usize = 16;
/// The size of a record: the one that all push services accept. A message is a single one.
const RECORD: u32 = 4_096;
/// What a record has after its content: this is the last one (RFC 8188, section 2).
const LAST: u8 = 2;
/// By how much the encryption makes a message longer: the header (salt, size of a record, length of the key, key), the
/// delimiter and the tag.
pub(super) const OVERHEAD: usize = SALT + 4 + 1 + POINT + 1 + TAG;

/// The keys with which a browser reads its messages, as its subscription names them.
#[derive(Clone, PartialEq, Eq)]
pub struct SubscriptionKeys {
    /// The public key of the browser (`p256dh`).
    public: [u8; POINT],
    /// The secret that it shares with the installation (`auth`).
    auth: [u8; AUTH],
}

/// A message can't be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message could not be encrypted")]
pub struct EncryptionError;

impl SubscriptionKeys {
    /// Parses the public key of a browser, a point of P-256 in Base64url.
    #[must_use]
    pub fn parse_public(text: &str) -> Option<[u8; POINT]> {
        let bytes: [u8; POINT] = decode(text)?;
        // Neither compressed nor the point at infinity, and on the curve.
        let is_point = bytes[0] == 4 && ParsedPublicKey::try_from(point(&bytes)).is_ok();
        is_point.then_some(bytes)
    }

    /// Parses the secret of a subscription, 16 bytes in Base64url.
    #[must_use]
    pub fn parse_auth(text: &str) -> Option<[u8; AUTH]> {
        decode(text)
    }

    /// Parses both keys of a subscription.
    #[must_use]
    pub fn parse(p256dh: &str, auth: &str) -> Option<Self> {
        Some(Self {
            public: Self::parse_public(p256dh)?,
            auth: Self::parse_auth(auth)?,
        })
    }
}

fn point(bytes: &[u8; POINT]) -> UnparsedPublicKey<&[u8]> {
    UnparsedPublicKey::new(&ECDH_P256, bytes.as_slice())
}

/// Decodes Base64url, with padding or without it: browsers leave it out.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    // The length bounds what is decoded.
    if text.len() > N * 2 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    bytes.try_into().ok()
}

/// Encrypts a message, with a key and a salt of its own.
///
/// # Errors
/// Returns an [`EncryptionError`] if the operating system provides no random numbers.
pub(super) fn encrypt(keys: &SubscriptionKeys, content: &[u8]) -> Result<Vec<u8>, EncryptionError> {
    let sender = PrivateKey::generate(&ECDH_P256)?;
    encrypt_with(keys, content, &sender, rand::random())
}

fn encrypt_with(
    keys: &SubscriptionKeys,
    content: &[u8],
    sender: &PrivateKey,
    salt: [u8; SALT],
) -> Result<Vec<u8>, EncryptionError> {
    let public = sender.compute_public_key()?;
    // RFC 8291, section 3.4: the secret of the subscription, and both public keys.
    let info: [&[u8]; 3] = [b"WebPush: info\0", &keys.public, public.as_ref()];
    let material = agreement::agree(sender, point(&keys.public), EncryptionError, |secret| {
        derive::<32>(&keys.auth, secret, &info)
    })?;
    // RFC 8188, section 2: the header, and a record.
    let mut message = Vec::with_capacity(OVERHEAD + content.len());
    message.extend_from_slice(&salt);
    message.extend_from_slice(&RECORD.to_be_bytes());
    message.push(u8::try_from(public.as_ref().len()).map_err(|_| EncryptionError)?);
    message.extend_from_slice(public.as_ref());
    message.extend_from_slice(&seal(&salt, &material, content)?);
    Ok(message)
}

/// Encrypts the only record of a message (RFC 8188, sections 2.2 and 2.3).
fn seal(salt: &[u8; SALT], material: &[u8], content: &[u8]) -> Result<Vec<u8>, EncryptionError> {
    let key = derive::<16>(salt, material, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce = derive::<NONCE_LEN>(salt, material, &[b"Content-Encoding: nonce\0"])?;
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
    let mut record = Vec::with_capacity(content.len() + 1 + TAG);
    record.extend_from_slice(content);
    record.push(LAST);
    let nonce = Nonce::assume_unique_for_key(nonce);
    cipher.seal_in_place_append_tag(nonce, Aad::empty(), &mut record)?;
    Ok(record)
}

/// Derives `N` bytes with HKDF (RFC 5869) and SHA-256.
fn derive<const N: usize>(
    salt: &[u8],
    secret: &[u8],
    info: &[&[u8]],
) -> Result<[u8; N], EncryptionError> {
    let mut bytes = [0; N];
    let key = Salt::new(HKDF_SHA256, salt).extract(secret);
    key.expand(info, Length(N))?.fill(&mut bytes)?;
    Ok(bytes)
}

/// The number of bytes that are derived.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl From<Unspecified> for EncryptionError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

impl fmt::Debug for SubscriptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubscriptionKeys(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// The values of RFC 8291, appendix A.
    const PLAIN: &str = "When I grow up, I want to be a watermelon";
    const BROWSER: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTHENTICATION: &str = "BTBZMqHH6r4Tts7J_aSIgg";
    const SENDER: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    const SALT_TEXT: &str = "DGv6ra1nlYgDCS1FRnbzlw";
    const MESSAGE: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    #[test]
    fn a_message_is_that_of_rfc_8291_appendix_a() {
        let keys = SubscriptionKeys::parse(BROWSER, AUTHENTICATION).unwrap();
        let sender = PrivateKey::from_private_key(&ECDH_P256, &bytes(SENDER)).unwrap();
        let salt = bytes(SALT_TEXT).try_into().unwrap();
        let message = encrypt_with(&keys, PLAIN.as_bytes(), &sender, salt).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(&message), MESSAGE);
        assert_eq!(message.len(), PLAIN.len() + OVERHEAD);
    }

    #[test]
    fn a_record_is_that_of_rfc_8188_section_3_1() {
        let salt = bytes("I1BsxtFttlv3u_Oo94xnmw").try_into().unwrap();
        let record = seal(&salt, &bytes("yqdlZ-tYemfogSmv7Ws5PQ"), b"I am the walrus").unwrap();
        let message =
            bytes("I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg");
        // After the salt, the size of a record and the length of the name of the key, which is empty.
        assert_eq!(record, message[SALT + 5..]);
    }

    #[test]
    fn a_message_never_repeats_its_key_or_its_salt() {
        let keys = SubscriptionKeys::parse(BROWSER, AUTHENTICATION).unwrap();
        let (one, other) = (encrypt(&keys, b"x").unwrap(), encrypt(&keys, b"x").unwrap());
        assert_ne!(one[..SALT], other[..SALT]);
        assert_ne!(
            one[SALT + 5..SALT + 5 + POINT],
            other[SALT + 5..SALT + 5 + POINT]
        );
    }

    #[test]
    fn keys_that_are_no_point_or_no_secret_are_refused() {
        let padded = format!("{BROWSER}=");
        assert!(SubscriptionKeys::parse(&padded, &format!("{AUTHENTICATION}==")).is_some());
        let mut off_curve = bytes(BROWSER);
        off_curve[64] ^= 1;
        let off_curve = URL_SAFE_NO_PAD.encode(off_curve);
        let infinity = URL_SAFE_NO_PAD.encode([0; POINT]);
        let compressed = URL_SAFE_NO_PAD.encode(&bytes(BROWSER)[..33]);
        for bad in [
            "",
            "BCVx",
            "no base64!",
            &off_curve,
            &infinity,
            &compressed,
            &"A".repeat(10_000),
        ] {
            assert_eq!(SubscriptionKeys::parse_public(bad), None, "{bad}");
            assert_eq!(SubscriptionKeys::parse_auth(bad), None, "{bad}");
        }
        let keys = SubscriptionKeys::parse(BROWSER, AUTHENTICATION).unwrap();
        assert_eq!(format!("{keys:?}"), "SubscriptionKeys(…)");
    }
}
