//! The form with which an organizer writes a note on a registration.

use super::{
    errors::{FieldErrors, block},
    field_problem::FieldProblem,
};

/// The most characters of a note.
pub const NOTE_MAX: usize = 2_000;

/// Checks the text of a note, and returns it as it is stored.
///
/// # Errors
/// Returns an error of the field `note` if it is empty or too long.
pub fn note(text: &str) -> Result<String, FieldErrors> {
    block(text, FieldProblem::NoBody, 1, NOTE_MAX)
        .map_err(|problem| FieldErrors::one("note", problem))
}
