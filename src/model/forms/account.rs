//! Signing up, logging in, and changing one's profile.

use serde::{Deserialize, Serialize};

use super::{
    competition::field_limits,
    errors::{FieldErrors, line},
};
use crate::model::text_rules::{self, TextError};

/// A new account, as typed. There is no role in it: nobody chooses their own.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignupForm {
    /// The name others see.
    pub name: String,
    /// The login name.
    pub email: String,
    /// At least 10 characters.
    pub password: String,
}

/// A [`SignupForm`] that holds.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Trimmed, 1 to 100 characters.
    pub name: String,
    /// Trimmed, lower case, at most 254 characters.
    pub email: String,
    /// 10 to 200 characters.
    pub password: String,
}

impl SignupForm {
    /// The account, if every field holds.
    ///
    /// # Errors
    /// Which fields do not, and what to do.
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

/// E-mail and password, as typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginForm {
    /// The login name.
    pub email: String,
    /// The password.
    pub password: String,
}

impl LoginForm {
    /// E-mail (lower case) and password, if both were typed and could belong to an account.
    ///
    /// # Errors
    /// Which one is missing or beyond all bounds.
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

/// Another password for an account that an operator names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NewPasswordForm {
    /// The login name.
    pub email: String,
    /// At least 10 characters.
    pub password: String,
}

impl NewPasswordForm {
    /// E-mail (lower case) and password, if both hold.
    ///
    /// # Errors
    /// Which fields do not, and what to do.
    pub fn parse(&self) -> Result<(String, String), FieldErrors> {
        let mut errors = FieldErrors::default();
        let email = errors.check("email", email(&self.email));
        let password = errors.check("password", password(&self.password));
        email.zip(password).ok_or(errors)
    }
}

/// What one may change about oneself; what is absent stays.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileForm {
    /// The name others see.
    #[serde(default)]
    pub name: Option<String>,
    /// The login name.
    #[serde(default)]
    pub email: Option<String>,
}

impl ProfileForm {
    /// The new name and address, where given.
    ///
    /// # Errors
    /// Which fields do not hold.
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

/// An address that could work: one `@`, something on both sides, a dot in the domain. Whether it
/// does, only a mail can tell.
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
            .any(|c| !text_rules::shows(c) || "<>(),;:\\\"[]".contains(c))
    {
        Ok(text)
    } else {
        Err("Enter an e-mail address like name@example.org.".to_owned())
    }
}

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
    fn an_address_is_trimmed_and_lowered() {
        assert_eq!(email(" Ada@Example.ORG "), Ok("ada@example.org".to_owned()));
    }

    #[test]
    fn texts_that_are_no_address_are_refused() {
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
    fn every_wrong_field_is_named_at_once() {
        let errors = SignupForm::default().parse().err();
        let fields: Vec<_> = errors
            .iter()
            .flat_map(FieldErrors::iter)
            .map(|e| e.field.as_str())
            .collect();
        assert_eq!(fields, ["name", "email", "password"]);
    }
}
