//! What organizers send about the participants of a competition: an act on many registrations, and a participant
//! to add.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{
    account_fields::email,
    errors::{FieldErrors, block, line},
    field_limits,
    field_problem::FieldProblem,
};
use crate::model::{BulkAction, DivisionId, RegistrationId};

/// The most registrations that one request acts on.
pub const BULK_MAX: usize = 1_000;
/// The most registrations that a page acts on at once: those whom a list shows.
pub const MATCHING_MAX: usize = 5_000;
/// The length of the longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// Reads ids of registrations that are separated by commas; `None` if one does not read.
#[must_use]
pub fn registration_ids(text: &str) -> Option<Vec<RegistrationId>> {
    let ids = text.split(',').filter(|id| !id.is_empty());
    ids.map(|id| id.parse().ok()).collect()
}

/// An act on many registrations of one competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BulkInput {
    /// What is done to each registration.
    pub action: BulkAction,
    /// The ids of the registrations, from 1 to 1,000.
    pub ids: Vec<RegistrationId>,
    /// Why registrations are cancelled, at most 500 characters. The participants are told. Other actions ignore it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the response only says what would happen, and nothing is changed.
    #[serde(default)]
    pub dry_run: bool,
}

impl BulkInput {
    /// Checks every field; the input has `most` registrations at most. Returns the values with each id once, in their
    /// order.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self, most: usize) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.ids.is_empty() {
            errors.add("ids", FieldProblem::NobodyChosen);
        } else if self.ids.len() > most {
            errors.add("ids", FieldProblem::TooManyChosen(most as u64));
        }
        let text = self.reason.as_deref().unwrap_or_default().trim();
        let reason = errors.check("reason", block(text, FieldProblem::NoBody, 0, REASON_MAX));
        if !errors.is_empty() {
            return Err(errors);
        }
        let is_told = self.action == BulkAction::Cancel;
        let mut seen = HashSet::with_capacity(self.ids.len());
        let ids = self.ids.into_iter().filter(|id| seen.insert(*id));
        Ok(Self {
            ids: ids.collect(),
            reason: reason.filter(|text| is_told && !text.is_empty()),
            ..self
        })
    }
}

/// A participant whom an organizer adds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParticipantForm {
    /// The e-mail address of the participant.
    pub email: String,
    /// The name of the participant, 1 to 100 characters. An account that exists keeps its own.
    pub name: String,
    /// The division, which is required if the competition has divisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division_id: Option<DivisionId>,
}

/// The values of a valid [`ParticipantForm`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewParticipant {
    /// The e-mail address, trimmed and in lower case.
    pub email: String,
    /// The name of the participant, trimmed.
    pub name: String,
    /// The division that the participant is added to.
    pub division_id: Option<DivisionId>,
}

impl ParticipantForm {
    /// Validates every field.
    ///
    /// # Errors
    /// Returns an error for each field that is invalid.
    pub fn parse(&self) -> Result<NewParticipant, FieldErrors> {
        let mut errors = FieldErrors::default();
        let email = errors.check("email", email(&self.email));
        let name = errors.check(
            "name",
            line(&self.name, FieldProblem::NoName, 1, field_limits::NAME),
        );
        match (email, name) {
            (Some(email), Some(name)) => Ok(NewParticipant {
                email,
                name,
                division_id: self.division_id,
            }),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(ids: Vec<RegistrationId>) -> BulkInput {
        BulkInput {
            action: BulkAction::Cancel,
            ids,
            reason: Some("  ".to_owned()),
            dry_run: false,
        }
    }

    #[test]
    fn each_registration_is_acted_on_once_and_an_empty_reason_is_none() {
        let (one, other) = (RegistrationId::new(), RegistrationId::new());
        let checked = input(vec![one, other, one]).check(BULK_MAX).unwrap();
        assert_eq!((checked.ids, checked.reason), (vec![one, other], None));
    }

    #[test]
    fn an_act_is_bounded() {
        let most = |count: usize| input((0..count).map(|_| RegistrationId::new()).collect());
        assert!(most(BULK_MAX).check(BULK_MAX).is_ok());
        let problem = |input: BulkInput| input.check(BULK_MAX).unwrap_err().of("ids").cloned();
        assert_eq!(problem(most(0)), Some(FieldProblem::NobodyChosen));
        let too_many = FieldProblem::TooManyChosen(1_000);
        assert_eq!(problem(most(BULK_MAX + 1)), Some(too_many));
        let long = BulkInput {
            reason: Some("é".repeat(REASON_MAX + 1)),
            ..most(1)
        };
        assert!(long.check(BULK_MAX).unwrap_err().of("reason").is_some());
    }
}
