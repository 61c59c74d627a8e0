//! Access tokens (JWT, HS256), signed as the server signs them: load tests know its secret.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The secret of every server that is measured. Nothing is behind it.
pub const SECRET: &str = "a secret for throw-away servers only";

/// Long enough for a whole run.
const LIFETIME: u64 = 4 * 60 * 60;

/// A token of `user` in `role`.
pub fn mint(user: &str, role: &str) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let claims = serde_json::json!({
        "sub": user, "role": role, "iat": now, "exp": now + LIFETIME, "jti": user,
    });
    sign(&claims.to_string(), SECRET)
}

fn sign(claims: &str, secret: &str) -> Result<String> {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!(
        "{}.{}",
        text(br#"{"alg":"HS256","typ":"JWT"}"#),
        text(claims.as_bytes())
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(signed.as_bytes());
    let signature = text(&mac.finalize().into_bytes());
    Ok(format!("{signed}.{signature}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_token_is_signed_as_the_well_known_example_is() -> anyhow::Result<()> {
        // The example of jwt.io, as it stood there for years.
        let claims = r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#;
        let expected = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
            eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.\
            SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
        assert_eq!(super::sign(claims, "your-256-bit-secret")?, expected);
        Ok(())
    }
}
