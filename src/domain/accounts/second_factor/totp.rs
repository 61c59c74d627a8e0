//! Codes of authenticator apps (TOTP, RFC 6238): six digits that depend on a shared secret and on the time.
//!
//! A time step lasts 30 seconds, and a code is valid in its own step and in the ones before and after, since the
//! clocks of phones differ. Which steps were used already is not known here.

use chrono::{DateTime, Utc};
use totp_rs::{Builder, Totp};

use crate::{model::TotpSetupView, store::InfrastructureError};

/// The name of this application in the app.
const ISSUER: &str = "Mini Compete";

/// Returns the time step of a code that is valid at `now`; `None` if the code is wrong.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the secret is too short.
pub(super) fn step_of(
    secret: &[u8],
    code: &str,
    now: DateTime<Utc>,
) -> Result<Option<i64>, InfrastructureError> {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let step = totp(Builder::new(), secret)?.check(code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// Returns a secret in the forms in which an app reads it.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the secret or the address of the account is invalid.
pub(super) fn set_up(secret: &[u8], email: &str) -> Result<TotpSetupView, InfrastructureError> {
    let builder = Builder::new()
        .with_account_name(email)
        .with_issuer(Some(ISSUER));
    let totp = totp(builder, secret)?;
    Ok(TotpSetupView {
        secret: totp.secret().to_base32(),
        otpauth_url: totp.to_url().map_err(InfrastructureError::internal)?,
    })
}

fn totp(builder: Builder, secret: &[u8]) -> Result<Totp, InfrastructureError> {
    let builder = builder.with_secret(secret.to_vec());
    builder.build().map_err(InfrastructureError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the test vectors in RFC 6238, appendix B.
    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn the_test_vectors_of_the_rfc_are_valid_codes() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let step = step_of(SECRET, code, at(seconds)).unwrap();
            assert_eq!(step, Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_code_is_valid_in_its_step_and_in_the_ones_beside_it() {
        // The code of step 1.
        let step = |seconds| step_of(SECRET, "287082", at(seconds)).unwrap();
        assert_eq!([0, 30, 89].map(step), [Some(1); 3]);
        assert_eq!(step(90), None);
        for wrong in ["287083", "", "28708", "2870822", "+87082", "abcdef"] {
            assert_eq!(step_of(SECRET, wrong, at(59)).unwrap(), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_the_issuer_the_account_and_the_secret() {
        let view = set_up(SECRET, "grüße+x@example.org").unwrap();
        assert_eq!(view.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let url = url::Url::parse(&view.otpauth_url).unwrap();
        assert_eq!((url.scheme(), url.host_str()), ("otpauth", Some("totp")));
        let pairs: std::collections::HashMap<_, _> = url.query_pairs().collect();
        assert_eq!(pairs["secret"], view.secret);
        assert_eq!(pairs["issuer"], "Mini Compete");
        assert!(view.otpauth_url.contains("example.org"), "{url}");
    }
}
