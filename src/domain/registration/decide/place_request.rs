//! What somebody asks for who registers, or whom an organizer adds or takes back.

use crate::{
    domain::registration::organizer_commands::FormerRegistration,
    model::{Answers, DivisionId, IdempotencyKey, UserId},
};

/// Whether a registration must keep the times of the competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AdmissionRule<'a> {
    /// A participant registers while registration is open.
    Open,
    /// An organizer adds a participant at any time, also during a pause.
    ByOrganizer,
    /// An organizer undoes the removal of a participant, who had this registration.
    Back(&'a FormerRegistration),
}

/// A place that somebody asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlaceRequest<'a> {
    pub user: UserId,
    pub key: &'a IdempotencyKey,
    /// The division that was chosen, if any.
    pub division: Option<DivisionId>,
    /// The answers to the questions of the competition, which are checked.
    pub answers: &'a Answers,
    /// The digest of the code that was typed, if any.
    pub code: Option<&'a str>,
    pub admission: AdmissionRule<'a>,
}
