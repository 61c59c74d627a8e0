//! What is wrong with which field.

use serde::{Deserialize, Serialize};

use crate::model::text_rules::{self, TextError};

/// One field and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name in the form and in JSON (camelCase).
    pub field: String,
    /// A sentence that says what to do.
    pub message: String,
}

/// The errors of a form, in the order of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// A single error.
    #[must_use]
    pub fn one(field: &str, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    /// Notes an error.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError {
            field: field.to_owned(),
            message: message.into(),
        });
    }

    /// The first error of a field.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        self.iter()
            .find(|e| e.field == field)
            .map(|e| e.message.as_str())
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// Whether the form is fine.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes an error if there is one, and gives the value if there is one.
    pub(super) fn check<T>(&mut self, field: &str, result: Result<T, String>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(message) => {
                self.add(field, message);
                None
            }
        }
    }
}

/// A line of text within bounds ([`text_rules::line`]), or what to do about it; `what` is asked for where
/// nothing stands.
pub(super) fn line(text: &str, what: &str, min: usize, max: usize) -> Result<String, String> {
    text_rules::line(text, min, max).map_err(|unfit| advice(unfit, what))
}

/// A text of many lines within bounds ([`text_rules::block`]), or what to do about it.
pub(super) fn block(text: &str, what: &str, min: usize, max: usize) -> Result<String, String> {
    text_rules::block(text, min, max).map_err(|unfit| advice(unfit, what))
}

fn advice(unfit: TextError, what: &str) -> String {
    match unfit {
        TextError::Empty => format!("Enter {what}."),
        other => other.to_string(),
    }
}
