//! The forms with which people sign up and log in.

use serde::{Deserialize, Serialize};

use super::{
    account_fields::{current_password, email, password},
    errors::{FieldErrors, line},
    field_limits,
    field_problem::FieldProblem,
    second_factor::SecondFactorCode,
};

/// A new account as typed. It has no role, since every new account is a participant.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignupForm {
    /// The name that others see, 1 to 100 characters.
    pub name: String,
    /// The e-mail address, with which the account logs in.
    pub email: String,
    /// The password, 10 to 200 characters.
    pub password: String,
}

/// The values of a valid [`SignupForm`].
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The name, trimmed, 1 to 100 characters.
    pub name: String,
    /// The e-mail address, trimmed and in lower case, at most 254 characters.
    pub email: String,
    /// The password, 10 to 200 characters.
    pub password: String,
}

impl SignupForm {
    /// Validates every field.
    ///
    /// # Errors
    /// Returns an error for each field that is invalid.
    pub fn parse(&self) -> Result<NewAccount, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check(
            "name",
            line(&self.name, FieldProblem::NoName, 1, field_limits::NAME),
        );
        let email = errors.check("email", email(&self.email));
        let password = errors.check("password", password(&self.password));
        match (name, email, password) {
            (Some(name), Some(email), Some(password)) => Ok(NewAccount {
                name,
                email,
                password,
            }),
            _ => Err(errors),
        }
    }
}

/// The form with which an account logs in.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginForm {
    /// The e-mail address, with which the account logs in.
    pub email: String,
    /// The password of the account. Either this or `code` is required.
    #[serde(default)]
    pub password: String,
    /// The code of six digits that was sent by mail, instead of the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The second factor, if the account has one: the six digits of the authenticator app, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<String>,
}

/// The values of a valid [`LoginForm`].
#[derive(Clone, PartialEq, Eq)]
pub struct LogInInput {
    /// The e-mail address in lower case.
    pub email: String,
    /// The first factor, which proves whose account it is.
    pub proof: LogInProof,
    /// The second factor, if it was sent.
    pub second_factor: Option<SecondFactorCode>,
}

/// What proves at a log-in whose account it is.
#[derive(Clone, PartialEq, Eq)]
pub enum LogInProof {
    /// The password of the account.
    Password(String),
    /// The digits of the code that was sent by mail.
    Code(String),
}

impl LoginForm {
    /// Returns the e-mail address in lower case, the password or the code, and the second factor, if all could
    /// belong to an account.
    ///
    /// # Errors
    /// Returns an error for each field that is missing or too long.
    pub fn parse(&self) -> Result<LogInInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let email = errors.check("email", email(&self.email));
        let second_factor = match &self.totp {
            Some(typed) => errors.check("totp", SecondFactorCode::parse(typed)),
            None => None,
        };
        let proof = match &self.code {
            Some(_) if !self.password.is_empty() => {
                errors.add("code", FieldProblem::PasswordAndCode);
                None
            }
            Some(typed) => errors.check("code", code(typed)).map(LogInProof::Code),
            None => errors
                .check("password", current_password(&self.password))
                .map(LogInProof::Password),
        };
        match (email, proof) {
            (Some(email), Some(proof)) if errors.is_empty() => Ok(LogInInput {
                email,
                proof,
                second_factor,
            }),
            _ => Err(errors),
        }
    }
}

/// Validates a code: six digits, which people may type with spaces.
fn code(text: &str) -> Result<String, FieldProblem> {
    let digits: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(7)
        .collect();
    if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(digits)
    } else {
        Err(FieldProblem::NotACode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_invalid_fields_are_reported_together() {
        let errors = SignupForm::default().parse().err();
        let fields: Vec<_> = errors
            .iter()
            .flat_map(FieldErrors::iter)
            .map(|e| e.field.as_str())
            .collect();
        assert_eq!(fields, ["name", "email", "password"]);
    }
}
