//! The forms that change or prove the password or the e-mail address of an account.

use serde::{Deserialize, Serialize};

use super::{
    account_fields::{current_password, email, password},
    errors::FieldErrors,
};

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
