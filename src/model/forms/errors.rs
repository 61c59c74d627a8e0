//! Errors of the fields of a form.

use serde::{Deserialize, Serialize};

use super::field_problem::FieldProblem;
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

/// An invalid field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvalidField {
    /// The field's name in the form and in JSON (camelCase).
    pub field: String,
    /// What is wrong with it.
    pub problem: FieldProblem,
}

/// The errors of a form, in the order of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldErrors(Vec<InvalidField>);

impl FieldErrors {
    /// Creates the list with a single error.
    #[must_use]
    pub fn one(field: &str, problem: impl Into<FieldProblem>) -> Self {
        let mut errors = Self::default();
        errors.add(field, problem);
        errors
    }

    /// Adds an error at the end.
    pub fn add(&mut self, field: &str, problem: impl Into<FieldProblem>) {
        self.0.push(InvalidField {
            field: field.to_owned(),
            problem: problem.into(),
        });
    }

    /// Returns the first problem of a field.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&FieldProblem> {
        self.iter().find(|e| e.field == field).map(|e| &e.problem)
    }

    /// Returns all errors, in order.
    pub fn iter(&self) -> impl Iterator<Item = &InvalidField> {
        self.0.iter()
    }

    /// Returns whether no field is invalid.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the error of a field, if there is one; otherwise returns the value.
    pub(super) fn check<T>(&mut self, field: &str, result: Result<T, FieldProblem>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(problem) => {
                self.add(field, problem);
                None
            }
        }
    }
}

/// Checks a single line with [`text_rules::line`]; `missing` is the problem of an empty one.
pub(super) fn line(
    text: &str,
    missing: FieldProblem,
    min: usize,
    max: usize,
) -> Result<String, FieldProblem> {
    text_rules::line(text, min, max).map_err(|unfit| problem(unfit, missing))
}

/// Checks a text of several lines with [`text_rules::block`]; `missing` is the problem of an empty one.
pub(super) fn block(
    text: &str,
    missing: FieldProblem,
    min: usize,
    max: usize,
) -> Result<String, FieldProblem> {
    text_rules::block(text, min, max).map_err(|unfit| problem(unfit, missing))
}

fn problem(unfit: TextError, missing: FieldProblem) -> FieldProblem {
    match unfit {
        TextError::Empty => missing,
        other => FieldProblem::Text(other),
    }
}
