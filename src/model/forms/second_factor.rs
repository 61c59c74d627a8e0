//! The forms of the second factor: a code of an authenticator app, or a recovery code.

use serde::{Deserialize, Serialize};

use super::{FieldErrors, FieldProblem};

/// The number of digits of a code of an authenticator app.
pub const TOTP_DIGITS: usize = 6;
/// The number of characters of a recovery code, without hyphens.
pub const RECOVERY_CODE_LENGTH: usize = 16;
/// The characters of recovery codes: Crockford's base 32, without those that look like others.
pub const RECOVERY_ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// The longest text that is read as a code: a recovery code with hyphens or spaces.
pub const LONGEST_CODE: usize = 24;

/// What proves at a log-in that its owner has the second factor.
#[derive(Clone, PartialEq, Eq)]
pub enum SecondFactorCode {
    /// The six digits that an authenticator app shows.
    Totp(String),
    /// One of the codes that were issued for the case that the app is lost, in lower case and without hyphens.
    Recovery(String),
}

impl SecondFactorCode {
    /// Reads a code as people type it: with spaces, hyphens, capital letters, and `O` for `0`.
    ///
    /// # Errors
    /// Returns the problem if the text is no code.
    pub fn parse(text: &str) -> Result<Self, FieldProblem> {
        let short = text.chars().nth(LONGEST_CODE).is_none();
        let text: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .take(LONGEST_CODE)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if short && is_totp(&text) {
            return Ok(Self::Totp(text));
        }
        let code: String = text
            .chars()
            .map(|c| match c {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            })
            .collect();
        let known = code.bytes().all(|b| RECOVERY_ALPHABET.contains(&b));
        if short && known && code.len() == RECOVERY_CODE_LENGTH {
            Ok(Self::Recovery(code))
        } else {
            Err(FieldProblem::NotASecondFactor)
        }
    }
}

fn is_totp(text: &str) -> bool {
    text.len() == TOTP_DIGITS && text.bytes().all(|b| b.is_ascii_digit())
}

/// The code of an authenticator app that shows that it has the new secret.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmTotpForm {
    /// The six digits that the authenticator app shows.
    pub code: String,
}

impl ConfirmTotpForm {
    /// Returns the six digits.
    ///
    /// # Errors
    /// Returns an error if the text does not consist of six digits.
    pub fn parse(&self) -> Result<String, FieldErrors> {
        match SecondFactorCode::parse(&self.code) {
            Ok(SecondFactorCode::Totp(digits)) => Ok(digits),
            _ => Err(FieldErrors::one("code", FieldProblem::NotAnAppCode)),
        }
    }
}

/// The second factor, which removes itself.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemoveTotpForm {
    /// The six digits that the authenticator app shows, or a recovery code.
    pub code: String,
}

impl RemoveTotpForm {
    /// Returns the code.
    ///
    /// # Errors
    /// Returns an error if the text is no code.
    pub fn parse(&self) -> Result<SecondFactorCode, FieldErrors> {
        SecondFactorCode::parse(&self.code).map_err(|problem| FieldErrors::one("code", problem))
    }
}

/// The second step of a log-in on the pages.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecondStepForm {
    /// The six digits that the authenticator app shows, or a recovery code.
    pub totp: String,
}

impl SecondStepForm {
    /// Returns the code.
    ///
    /// # Errors
    /// Returns an error if the text is no code.
    pub fn parse(&self) -> Result<SecondFactorCode, FieldErrors> {
        SecondFactorCode::parse(&self.totp).map_err(|problem| FieldErrors::one("totp", problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        let read = |text: &str| SecondFactorCode::parse(text).ok();
        let totp = |digits: &str| Some(SecondFactorCode::Totp(digits.to_owned()));
        let recovery = |code: &str| Some(SecondFactorCode::Recovery(code.to_owned()));
        assert!(read("123456") == totp("123456") && read(" 123 456 ") == totp("123456"));
        assert!(read("ABCD-0123-wxyz-4567") == recovery("abcd0123wxyz4567"));
        assert!(read("oOiI-lL00-0000-0000") == recovery("0011110000000000"));
    }

    #[test]
    fn texts_that_are_no_code_are_refused() {
        let long = "1".repeat(100_000);
        for text in [
            "",
            "12345",
            "1234567",
            "abcdef",
            "١٢٣٤٥٦",
            "１２３４５６",
            "uuuu-uuuu-uuuu-uuuu",
            "abcd-0123-wxyz",
            "123456\0",
            "\u{200b}",
            "<script>alert(1)",
            &long,
            &format!("123456{}", " ".repeat(100)),
        ] {
            assert!(SecondFactorCode::parse(text).is_err(), "{text:.40}");
        }
    }
}
