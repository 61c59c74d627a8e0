//! Errors of fields, in words for the person who filled them in.

use serde::{Deserialize, Serialize};

use crate::model::text_rules::{self, TextError};

/// An invalid field and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name in the form and in JSON (camelCase).
    pub field: String,
    /// A sentence that tells how to correct the field.
    pub message: String,
}

/// The errors of a form, in the order of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Creates the list with a single error.
    #[must_use]
    pub fn one(field: &str, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    /// Adds an error at the end.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError {
            field: field.to_owned(),
            message: message.into(),
        });
    }

    /// Returns the message of the first error of a field.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        self.iter()
            .find(|e| e.field == field)
            .map(|e| e.message.as_str())
    }

    /// Returns all errors, in order.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// Returns whether no field is invalid.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the error of a field, if there is one; otherwise returns the value.
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

/// Checks a single line with [`text_rules::line`] and returns advice if it is invalid; `what` names the
/// field's content where it is empty.
pub(super) fn line(text: &str, what: &str, min: usize, max: usize) -> Result<String, String> {
    text_rules::line(text, min, max).map_err(|unfit| advice(unfit, what))
}

/// Checks a text of several lines with [`text_rules::block`] and returns advice if it is invalid.
pub(super) fn block(text: &str, what: &str, min: usize, max: usize) -> Result<String, String> {
    text_rules::block(text, min, max).map_err(|unfit| advice(unfit, what))
}

fn advice(unfit: TextError, what: &str) -> String {
    match unfit {
        TextError::Empty => format!("Enter {what}."),
        other => other.to_string(),
    }
}
