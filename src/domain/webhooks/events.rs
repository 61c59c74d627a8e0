//! What webhooks are told: the events, their ids and their content.
//!
//! The content names objects by their ids and says nothing about people: a receiver that wants to know more asks the
//! API, so that neither requests nor stored deliveries contain personal data.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    jobs::outbox::id_of,
    model::{
        CompetitionId, CompetitionStatus, RegistrationId, RegistrationStatus, UserId, WebhookEvent,
    },
    store::entity::competition,
};

/// Something that has happened in a competition.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::domain) struct NewEvent {
    pub(super) competition: CompetitionId,
    pub(super) event: WebhookEvent,
    /// The id that follows from what has happened: an event that is noted twice has the same one.
    pub(super) id: Uuid,
    at: DateTime<Utc>,
    data: Value,
}

/// The registration that an event is about, as it was then.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct EventRegistration {
    pub id: RegistrationId,
    pub user: UserId,
    pub competition: CompetitionId,
    pub status: RegistrationStatus,
    /// None if the registration was removed meanwhile.
    pub registered_at: Option<DateTime<Utc>>,
    /// The position in the waitlist when it was joined.
    pub waitlist_position: Option<u32>,
}

/// The competition that an event is about, as it was then.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain) struct EventCompetition {
    pub id: CompetitionId,
    pub status: CompetitionStatus,
    pub paused: bool,
    pub deleted: bool,
    pub version: i64,
}

impl EventCompetition {
    /// Returns a competition that is deleted.
    pub(in crate::domain) const fn deleted(row: &competition::Model) -> Self {
        Self {
            id: row.id,
            status: row.status,
            paused: row.paused,
            deleted: true,
            version: row.version,
        }
    }
}

impl NewEvent {
    /// Returns the event that something has happened to a registration. Each happens once to a registration.
    pub(in crate::domain) fn of_registration(
        event: WebhookEvent,
        registration: EventRegistration,
        at: DateTime<Utc>,
    ) -> Self {
        let mut data = json!({
            "registrationId": registration.id,
            "userId": registration.user,
            "competitionId": registration.competition,
            "status": registration.status,
        });
        if let Some(at) = registration.registered_at {
            data["registeredAt"] = text(at).into();
        }
        if let Some(position) = registration.waitlist_position {
            data["waitlistPosition"] = position.into();
        }
        Self {
            competition: registration.competition,
            event,
            id: id_of(&format!("{event}:{}", registration.id)),
            at,
            data,
        }
    }

    /// Returns the event that a competition has changed. Each change has a version of its own.
    pub(in crate::domain) fn of_competition(
        competition: EventCompetition,
        at: DateTime<Utc>,
    ) -> Self {
        let event = WebhookEvent::CompetitionChanged;
        let EventCompetition { id, version, .. } = competition;
        Self {
            competition: id,
            event,
            id: id_of(&format!("{event}:{id}:{version}")),
            at,
            data: json!({
                "competitionId": id,
                "status": competition.status,
                "paused": competition.paused,
                "deleted": competition.deleted,
                "version": version,
            }),
        }
    }

    /// Returns the body of the requests that carry the event.
    pub(super) fn body(&self) -> String {
        json!({ "type": self.event, "timestamp": text(self.at), "data": self.data }).to_string()
    }
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
