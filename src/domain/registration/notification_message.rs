//! Notifications about single registrations: the kinds and the payload of their jobs, and the messages
//! that they write.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::recipients::Recipient;
use crate::{
    domain::mailbox::{NewMessage, message_texts},
    jobs::{JobKind, Queues, outbox::NewJob},
    model::{CompetitionId, MessageKind, RegistrationId, UserId},
    store::InfrastructureError,
};

/// Tells a participant that their seat is confirmed, and confirms it.
pub const CONFIRMATION: JobKind = JobKind::new("confirmation", Queues::REGISTRATION);
/// Tells a participant that they are on the waitlist.
pub const WAITLIST: JobKind = JobKind::new("waitlist", Queues::REGISTRATION);
/// Tells a participant that they moved from the waitlist to a seat, and confirms it.
pub const PROMOTION: JobKind = JobKind::new("promotion", Queues::REGISTRATION);
/// Tells a participant that their registration is cancelled, as they asked.
pub const CANCELLATION: JobKind = JobKind::new("cancellation", Queues::REGISTRATION);
/// Tells a participant that the organizer has cancelled their registration.
pub const REMOVAL: JobKind = JobKind::new("removal", Queues::REGISTRATION);
/// Writes the confirmation of a seat once more, as the organizer asked.
pub const RESEND: JobKind = JobKind::new("resend", Queues::REGISTRATION);
/// Reminds a participant that a competition starts soon.
pub const REMINDER: JobKind = JobKind::new("reminder", Queues::REMINDER);

/// The payload of a notification's job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::domain) struct NotificationPayload {
    /// The registration that the notification is about.
    pub registration_id: RegistrationId,
    /// The participant to notify.
    pub user_id: UserId,
    /// The competition of the registration.
    pub competition_id: CompetitionId,
    /// The position in the waitlist when it was joined, if the notification says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waitlist_position: Option<u32>,
    /// For a reminder, the start of the competition, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<i64>,
    /// Why the organizer cancelled the registration, if that is what the notification says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For a confirmation that is written once more, the time at which the organizer asked for it, in milliseconds
    /// since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<i64>,
}

impl NotificationPayload {
    /// Returns the payload of a notification that says no more than what has happened.
    #[must_use]
    pub(in crate::domain) fn new(
        registration_id: RegistrationId,
        user_id: UserId,
        competition_id: CompetitionId,
    ) -> Self {
        Self {
            registration_id,
            user_id,
            competition_id,
            waitlist_position: None,
            starts_at: None,
            reason: None,
            asked_at: None,
        }
    }

    /// Returns the job that writes the message.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the payload can't be serialised, which is a bug.
    pub(super) fn job(&self, kind: JobKind) -> Result<NewJob, InfrastructureError> {
        let payload = serde_json::to_value(self).map_err(InfrastructureError::internal)?;
        Ok(NewJob::new(kind, self.registration_id, payload))
    }

    /// Returns the job that reminds. It is enqueued once for a registration and a start, so a postponed
    /// competition reminds again.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the payload can't be serialised, which is a bug.
    pub(in crate::domain) fn reminder(&self) -> Result<NewJob, InfrastructureError> {
        let payload = serde_json::to_value(self).map_err(InfrastructureError::internal)?;
        let id = self.registration_id;
        Ok(NewJob::once(
            REMINDER,
            id,
            payload,
            &reminder_key(id, self.starts_at),
        ))
    }
}

/// Returns the message that a job of `kind` writes about a registration, or `None` if it is outdated.
pub(super) fn message(
    kind: JobKind,
    payload: &NotificationPayload,
    recipient: &Recipient,
    now: DateTime<Utc>,
) -> Option<NewMessage> {
    // When a deleted competition's rows are removed, every participant gets a message. Before that, only
    // a cancellation is still confirmed.
    if recipient.deleted && !matches!(kind, CANCELLATION | REMOVAL) {
        return None;
    }
    // A confirmation that is written once more must be true when it is.
    if kind == RESEND && !recipient.confirms_seat() {
        return None;
    }
    let (about, later_change) = (&recipient.about, recipient.later_change());
    let (subject, body) = match kind {
        WAITLIST => message_texts::waitlist(about, payload.waitlist_position, later_change),
        PROMOTION => message_texts::promotion(about, later_change),
        CANCELLATION => message_texts::cancellation(about),
        REMOVAL => message_texts::removal(about, payload.reason.as_deref()),
        REMINDER if !recipient.needs_reminder(now) || is_outdated(payload, recipient) => {
            return None;
        }
        REMINDER => message_texts::reminder(about),
        _ => message_texts::confirmation(about, later_change),
    };
    let id = payload.registration_id;
    let dedupe_key = match kind {
        REMINDER => format!(
            "{kind}:{}",
            reminder_key(id, Some(about.starts_at.timestamp()))
        ),
        RESEND => format!("{kind}:{id}:{}", payload.asked_at.unwrap_or_default()),
        _ => format!("{kind}:{id}"),
    };
    Some(NewMessage {
        user: recipient.user,
        registration: Some(id),
        competition: Some(recipient.competition),
        announcement: None,
        kind: message_kind(kind),
        dedupe_key,
        subject,
        body,
        follows: None,
    })
}

/// Returns the kind of message that a job of `kind` writes.
pub(super) fn message_kind(kind: JobKind) -> MessageKind {
    match kind {
        WAITLIST => MessageKind::Waitlist,
        PROMOTION => MessageKind::Promotion,
        CANCELLATION | REMOVAL => MessageKind::Cancellation,
        REMINDER => MessageKind::Reminder,
        _ => MessageKind::Confirmation,
    }
}

/// Returns whether the start that a reminder is about was moved since. There is another job for the new start.
fn is_outdated(payload: &NotificationPayload, recipient: &Recipient) -> bool {
    let starts_at = recipient.about.starts_at.timestamp();
    payload.starts_at.is_some_and(|at| at != starts_at)
}

/// Returns the part of the key that is the same for a reminder's job and its message. The query for
/// participants who need a reminder matches the end of the key.
fn reminder_key(id: RegistrationId, starts_at: Option<i64>) -> String {
    match starts_at {
        Some(at) => format!("{id}:{at}"),
        None => id.to_string(),
    }
}
