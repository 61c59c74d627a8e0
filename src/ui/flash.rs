//! What the next page has to say, and what was typed into a form that did not work out: kept in
//! the session from the redirect to the page after it, then gone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::session::session;
use crate::{model::forms::FieldErrors, store::Fault};

/// The session's field.
const FLASH: &str = "flash";

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// It worked.
    Good,
    /// It is something to know.
    Neutral,
    /// It did not work.
    Bad,
}

/// One sentence at the top of the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
}

/// A form as it was typed, with what is wrong with it. Never a password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// Which form.
    pub form: String,
    /// What stands in its fields.
    pub values: BTreeMap<String, String>,
    /// What is wrong with which field.
    pub errors: FieldErrors,
}

impl Typed {
    /// A form's texts, by the names of its fields. What is no text, and the password, is left out.
    #[must_use]
    pub fn of(form: &str, fields: &impl Serialize) -> Self {
        let values = match serde_json::to_value(fields) {
            Ok(serde_json::Value::Object(fields)) => fields
                .into_iter()
                .filter(|(name, _)| name != "password")
                .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
                .collect(),
            _ => BTreeMap::new(),
        };
        Self {
            form: form.to_owned(),
            values,
            errors: FieldErrors::default(),
        }
    }

    /// The same, with one more value, for a field that is not typed (a hidden one).
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<String>) -> Self {
        self.values.insert(field.to_owned(), value.into());
        self
    }

    /// The same, with what is wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: FieldErrors) -> Self {
        self.errors = errors;
        self
    }

    /// What stands in a field; empty when nothing does.
    #[must_use]
    pub fn value(&self, field: &str) -> String {
        self.values.get(field).cloned().unwrap_or_default()
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<String> {
        self.errors.of(field).map(str::to_owned)
    }
}

/// All that the next page has to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// At its top.
    pub notice: Option<Notice>,
    /// In its form.
    pub typed: Option<Typed>,
}

impl Flash {
    /// One sentence.
    #[must_use]
    pub fn say(tone: Tone, text: impl Into<String>) -> Self {
        Self {
            notice: Some(Notice {
                tone,
                text: text.into(),
            }),
            typed: None,
        }
    }

    /// And a form as it was typed.
    #[must_use]
    pub fn with(mut self, typed: Typed) -> Self {
        self.typed = Some(typed);
        self
    }
}

/// Keeps it for the next page.
///
/// # Errors
/// A fault, when the session can't be kept.
pub async fn put_flash(flash: &Flash) -> Result<(), Fault> {
    session()?
        .insert(FLASH, flash)
        .await
        .map_err(Fault::internal)
}

/// Takes what the page before left. Looks before it takes, since taking marks the session as
/// changed, and a visitor with nothing to be told must not get a session.
///
/// # Errors
/// A fault, when the session can't be read.
pub async fn take_flash() -> Result<Flash, Fault> {
    let session = session()?;
    if session
        .get_value(FLASH)
        .await
        .map_err(Fault::internal)?
        .is_none()
    {
        return Ok(Flash::default());
    }
    let flash = session
        .remove::<Flash>(FLASH)
        .await
        .map_err(Fault::internal)?;
    Ok(flash.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::forms::SignupForm;

    #[test]
    fn a_password_is_never_kept() {
        let typed = Typed::of(
            "signup",
            &SignupForm {
                name: "Ada".into(),
                email: "ada@example.org".into(),
                password: "correct horse".into(),
            },
        );
        assert_eq!(typed.value("name"), "Ada");
        assert_eq!(typed.value("password"), "");
        assert!(!format!("{typed:?}").contains("correct horse"));
    }
}
