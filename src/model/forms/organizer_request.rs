//! The form with which a participant asks to become an organizer.

use serde::{Deserialize, Serialize};

use super::{
    errors::{FieldErrors, block},
    field_problem::FieldProblem,
};

/// The lengths of the shortest and of the longest reason, in characters.
pub const REASON_LENGTH: (usize, usize) = (10, 1_000);

/// What a participant typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrganizerRequestForm {
    /// What the participant wants to organize.
    pub reason: String,
}

impl OrganizerRequestForm {
    /// Checks the reason and returns it as it is stored.
    ///
    /// # Errors
    /// Returns an error of the field `reason` if it is too short or too long.
    pub fn parse(&self) -> Result<String, FieldErrors> {
        let (least, most) = REASON_LENGTH;
        block(&self.reason, FieldProblem::NoBody, least, most)
            .map_err(|problem| FieldErrors::one("reason", problem))
    }
}
