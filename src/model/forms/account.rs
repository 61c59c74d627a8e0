//! The forms of an account: sign-up, log-in, profile, and a new password set by an operator.

use serde::{Deserialize, Serialize};

use super::{
    errors::{FieldErrors, line},
    field_limits,
    field_problem::FieldProblem,
    second_factor::SecondFactorCode,
};
use crate::model::{
    text_rules::{self, TextError},
    time_zone,
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

/// The request for a link with which a new password can be set.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForgotPasswordForm {
    /// The e-mail address, with which the account logs in.
    pub email: String,
}

impl ForgotPasswordForm {
    /// Returns the e-mail address in lower case.
    ///
    /// # Errors
    /// Returns an error if the text is no e-mail address.
    pub fn parse(&self) -> Result<String, FieldErrors> {
        email(&self.email).map_err(|problem| FieldErrors::one("email", problem))
    }
}

/// A new password, proved by the token in a mail.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResetPasswordForm {
    /// The token from the link in the mail.
    pub token: String,
    /// The new password, 10 to 200 characters.
    pub password: String,
}

impl ResetPasswordForm {
    /// Returns the new password, if it is valid.
    ///
    /// # Errors
    /// Returns an error for the password if it is invalid.
    pub fn parse(&self) -> Result<String, FieldErrors> {
        password(&self.password).map_err(|problem| FieldErrors::one("password", problem))
    }
}

/// A new password, proved by the current one.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePasswordForm {
    /// The password that the account has now.
    pub current_password: String,
    /// The new password, 10 to 200 characters.
    pub new_password: String,
}

impl ChangePasswordForm {
    /// Returns the current and the new password, if both could be passwords.
    ///
    /// # Errors
    /// Returns an error for each field that is invalid.
    pub fn parse(&self) -> Result<(String, String), FieldErrors> {
        let mut errors = FieldErrors::default();
        let current = current_password(&self.current_password);
        let current = errors.check("currentPassword", current);
        let new = errors.check("newPassword", password(&self.new_password));
        current.zip(new).ok_or(errors)
    }
}

/// The password of the account that is logged in, which proves that its owner is there.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmPasswordForm {
    /// The password of the account.
    pub password: String,
}

impl ConfirmPasswordForm {
    /// Returns the password, if it could be one.
    ///
    /// # Errors
    /// Returns an error if it is missing or too long.
    pub fn parse(&self) -> Result<String, FieldErrors> {
        current_password(&self.password).map_err(|problem| FieldErrors::one("password", problem))
    }
}

/// The token from the link in a mail.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountTokenForm {
    /// The token from the link in the mail.
    pub token: String,
}

/// A new e-mail address, proved by the current password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeEmailForm {
    /// The new e-mail address.
    pub email: String,
    /// The password of the account.
    pub password: String,
}

impl ChangeEmailForm {
    /// Returns the e-mail address in lower case and the password, if both could be valid.
    ///
    /// # Errors
    /// Returns an error for each field that is invalid.
    pub fn parse(&self) -> Result<(String, String), FieldErrors> {
        let mut errors = FieldErrors::default();
        let email = errors.check("email", email(&self.email));
        let password = errors.check("password", current_password(&self.password));
        email.zip(password).ok_or(errors)
    }
}

/// A new password that an operator sets for an account.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NewPasswordForm {
    /// The e-mail address, with which the account logs in.
    pub email: String,
    /// The password, 10 to 200 characters.
    pub password: String,
}

impl NewPasswordForm {
    /// Returns the e-mail address in lower case and the password, if both are valid.
    ///
    /// # Errors
    /// Returns an error for each field that is invalid.
    pub fn parse(&self) -> Result<(String, String), FieldErrors> {
        let mut errors = FieldErrors::default();
        let email = errors.check("email", email(&self.email));
        let password = errors.check("password", password(&self.password));
        email.zip(password).ok_or(errors)
    }
}

/// A change of an account by its owner. Absent fields stay as they are.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileForm {
    /// The name that others see, 1 to 100 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// The e-mail address, with which the account logs in.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether reminders that a competition starts are also sent by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminders: Option<bool>,
    /// Whether reminders that registration opens are also sent by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_reminders: Option<bool>,
    /// Whether announcements of organizers are also sent by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcements: Option<bool>,
    /// The time zone in which times are shown, as an IANA name; empty for that of the browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(example = "Europe/Berlin"))]
    pub time_zone: Option<String>,
}

/// The values of a valid [`ProfileForm`], where they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The name, without spaces around it.
    pub name: Option<String>,
    /// The e-mail address, in lower case.
    pub email: Option<String>,
    /// Whether reminders that a competition starts are also sent by mail.
    pub reminders: Option<bool>,
    /// Whether reminders that registration opens are also sent by mail.
    pub opening_reminders: Option<bool>,
    /// Whether announcements of organizers are also sent by mail.
    pub announcements: Option<bool>,
    /// The time zone; none inside means that of the browser.
    pub time_zone: Option<Option<String>>,
}

impl ProfileForm {
    /// Returns the new values, where they were given.
    ///
    /// # Errors
    /// Returns an error for each field that is invalid.
    pub fn parse(&self) -> Result<ProfileChange, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.as_ref().and_then(|name| {
            errors.check(
                "name",
                line(name, FieldProblem::NoName, 1, field_limits::NAME),
            )
        });
        let email = self
            .email
            .as_ref()
            .and_then(|text| errors.check("email", email(text)));
        let time_zone = self
            .time_zone
            .as_ref()
            .and_then(|zone| errors.check("timeZone", own_zone(zone)));
        if errors.is_empty() {
            Ok(ProfileChange {
                name,
                email,
                reminders: self.reminders,
                opening_reminders: self.opening_reminders,
                announcements: self.announcements,
                time_zone,
            })
        } else {
            Err(errors)
        }
    }
}

/// Validates the name of a time zone, or an empty text.
fn own_zone(name: &str) -> Result<Option<String>, FieldProblem> {
    match (name, time_zone::parse(name)) {
        ("", _) => Ok(None),
        (_, Some(zone)) => Ok(Some(zone.name().to_owned())),
        (_, None) => Err(FieldProblem::UnknownTimeZone),
    }
}

/// Validates an e-mail address: one `@`, something on both sides, a dot in the domain. Only a mail can
/// show whether the address exists.
pub(in crate::model) fn email(text: &str) -> Result<String, FieldProblem> {
    let text = line(text, FieldProblem::NoEmail, 1, field_limits::EMAIL)?.to_lowercase();
    let plausible = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && local.len() <= 64
            && !domain.contains('@')
            && domain.contains('.')
            && domain.split('.').all(|label| {
                !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            })
    });
    if plausible
        && !text
            .chars()
            .any(|c| !text_rules::is_visible(c) || "<>(),;:\\\"[]".contains(c))
    {
        Ok(text)
    } else {
        Err(FieldProblem::NotAnEmail)
    }
}

/// Validates a password that is to be compared with the one of an account.
fn current_password(text: &str) -> Result<String, FieldProblem> {
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
fn password(text: &str) -> Result<String, FieldProblem> {
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
