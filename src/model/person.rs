//! What organizers see of one participant of a competition.

use chrono::{DateTime, Utc};

use super::{AnsweredQuestion, CompetitionView, NoteId, RegistrationView, TimelineEntry};

/// A note on a registration, for the organizers of the competition. Participants do not see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteView {
    pub id: NoteId,
    /// The name of the account that wrote it.
    pub author: String,
    pub body: String,
    pub created_at: DateTime<Utc>,
}

/// One participant of a competition, for the organizers of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonView {
    pub competition: CompetitionView,
    /// The registration with the name and the e-mail address of the participant.
    pub registration: RegistrationView,
    /// The questions of the competition with the answers of the participant.
    pub answers: Vec<AnsweredQuestion>,
    /// What happened to the registration, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// The notes on the registration, oldest first.
    pub notes: Vec<NoteView>,
}
