//! The rules for e-mail addresses and passwords, which several forms of an account share.

use super::{errors::line, field_limits, field_problem::FieldProblem};
use crate::model::{email_address, text_rules::TextError};

/// Validates an e-mail address, and puts it into lower case.
pub(super) fn email(text: &str) -> Result<String, FieldProblem> {
    let text = line(text, FieldProblem::NoEmail, 1, field_limits::EMAIL)?.to_lowercase();
    if email_address::is_plausible(&text) {
        Ok(text)
    } else {
        Err(FieldProblem::NotAnEmail)
    }
}

/// Validates a password that is to be compared with the one of an account.
pub(super) fn current_password(text: &str) -> Result<String, FieldProblem> {
    if text.is_empty() {
        Err(FieldProblem::NoPassword)
    } else if text.chars().count() > field_limits::PASSWORD.1 {
        Err(FieldProblem::Text(TextError::TooLong(
            field_limits::PASSWORD.1,
        )))
    } else {
        Ok(text.to_owned())
    }
}

/// Validates a new password.
pub(super) fn password(text: &str) -> Result<String, FieldProblem> {
    let (min, max) = field_limits::PASSWORD;
    let length = text.chars().count();
    let unfit = if text.is_empty() {
        return Err(FieldProblem::NoNewPassword);
    } else if length < min {
        TextError::TooShort(min)
    } else if length > max {
        TextError::TooLong(max)
    } else if text.chars().any(char::is_control) {
        TextError::NoLine
    } else {
        return Ok(text.to_owned());
    };
    Err(FieldProblem::Text(unfit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_put_into_lower_case() {
        assert_eq!(email(" Ada@Example.ORG "), Ok("ada@example.org".to_owned()));
    }

    #[test]
    fn texts_that_are_not_an_address_are_rejected() {
        for bad in [
            "",
            "ada",
            "ada@",
            "@b.c",
            "a@b",
            "a@b@c.d",
            "a b@c.d",
            "a@b..c",
            "a@b.c\nX: y",
            "a\u{200b}@b.c",
            "a\0@b.c",
        ] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }
}
