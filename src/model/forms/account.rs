//! The forms of an account: sign-up, log-in, profile, and a new password set by an operator.

use serde::{Deserialize, Serialize};

use super::{
    competition::field_limits,
    errors::{FieldErrors, line},
};
use crate::model::text_rules::{self, TextError};

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
        let name = errors.check("name", line(&self.name, "your name", 1, field_limits::NAME));
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
    /// The password of the account.
    pub password: String,
}

impl LoginForm {
    /// Returns the e-mail address in lower case and the password, if both could belong to an account.
    ///
    /// # Errors
    /// Returns an error for each field that is missing or too long.
    pub fn parse(&self) -> Result<(String, String), FieldErrors> {
        let mut errors = FieldErrors::default();
        let email = errors.check("email", email(&self.email));
        if self.password.is_empty() {
            errors.add("password", "Enter your password.");
        } else if self.password.chars().count() > field_limits::PASSWORD.1 {
            errors.add(
                "password",
                TextError::TooLong(field_limits::PASSWORD.1).to_string(),
            );
        }
        match email {
            Some(email) if errors.is_empty() => Ok((email, self.password.clone())),
            _ => Err(errors),
        }
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
}

impl ProfileForm {
    /// Returns the new name and the new e-mail address, where they were given.
    ///
    /// # Errors
    /// Returns an error for each field that is invalid.
    pub fn parse(&self) -> Result<(Option<String>, Option<String>), FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self
            .name
            .as_ref()
            .and_then(|name| errors.check("name", line(name, "your name", 1, field_limits::NAME)));
        let email = self
            .email
            .as_ref()
            .and_then(|text| errors.check("email", email(text)));
        if errors.is_empty() {
            Ok((name, email))
        } else {
            Err(errors)
        }
    }
}

/// Validates an e-mail address: one `@`, something on both sides, a dot in the domain. Only a mail can
/// show whether the address exists.
fn email(text: &str) -> Result<String, String> {
    let text = line(text, "your e-mail address", 1, field_limits::EMAIL)?.to_lowercase();
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
        Err("Enter an e-mail address like name@example.org.".to_owned())
    }
}

/// Validates a new password.
fn password(text: &str) -> Result<String, String> {
    let (min, max) = field_limits::PASSWORD;
    let length = text.chars().count();
    let unfit = if text.is_empty() {
        return Err("Choose a password.".to_owned());
    } else if length < min {
        TextError::TooShort(min)
    } else if length > max {
        TextError::TooLong(max)
    } else if text.chars().any(char::is_control) {
        TextError::NoLine
    } else {
        return Ok(text.to_owned());
    };
    Err(unfit.to_string())
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
