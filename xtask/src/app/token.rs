//! Access tokens (JWT with HS256, RFC 7519), signed with the secret that the tested servers are
//! given, so that no client has to log in first.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The secret of every server that is tested. Such servers hold seeded data only.
pub const SECRET: &str = "a secret for throw-away servers only";

/// The lifetime of a token in seconds: longer than any run.
const LIFETIME: u64 = 4 * 60 * 60;

/// Signs an access token for the account `user` with the role `role`.
pub fn mint(user: &str, role: &str) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let claims = serde_json::json!({
        "sub": user, "role": role, "iat": now, "exp": now + LIFETIME, "jti": user,
    });
    sign(&claims.to_string(), SECRET)
}

fn sign(claims: &str, secret: &str) -> Result<String> {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!(
        "{}.{}",
        encode(br#"{"alg":"HS256","typ":"JWT"}"#),
        encode(claims.as_bytes())
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(signed.as_bytes());
    let signature = encode(&mac.finalize().into_bytes());
    Ok(format!("{signed}.{signature}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_signature_equals_the_one_of_a_published_example() -> anyhow::Result<()> {
        // The example token of jwt.io.
        let claims = r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#;
        let expected = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
            eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.\
            SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
        assert_eq!(super::sign(claims, "your-256-bit-secret")?, expected);
        Ok(())
    }
}
