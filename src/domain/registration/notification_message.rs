//! The message that a job writes about a single registration, and what that job carries.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{job_kinds, recipients::Recipient};
use crate::{
    domain::mailbox::{NewMessage, message_texts},
    jobs::{JobKind, outbox::NewJob},
    model::{CompetitionId, MessageKind, RegistrationId, UserId},
    store::InfrastructureError,
};

/// What a notice's job carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::domain) struct NotificationPayload {
    /// About which registration.
    pub registration_id: RegistrationId,
    /// To whom.
    pub user_id: UserId,
    /// In which competition.
    pub competition_id: CompetitionId,
    /// Place in the queue at the time, if it is about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waitlist_position: Option<u32>,
    /// The start of which it reminds, if it is a reminder, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<i64>,
}

impl NotificationPayload {
    /// The job that delivers the notice.
    ///
    /// # Errors
    /// Never in practice: ids and a number always serialise.
    pub(super) fn job(&self, kind: JobKind) -> Result<NewJob, InfrastructureError> {
        let payload = serde_json::to_value(self).map_err(InfrastructureError::internal)?;
        Ok(NewJob::new(kind, self.registration_id, payload))
    }

    /// The job that reminds: there is one for a registration and a start, however often it is asked
    /// for. A competition that is postponed reminds again.
    ///
    /// # Errors
    /// Never in practice, as above.
    pub(in crate::domain) fn reminder(&self) -> Result<NewJob, InfrastructureError> {
        let payload = serde_json::to_value(self).map_err(InfrastructureError::internal)?;
        let id = self.registration_id;
        Ok(NewJob::once(
            job_kinds::REMINDER,
            id,
            payload,
            &reminder_key(id, self.starts_at),
        ))
    }
}

/// The message that a job of `kind` writes about a registration, if there still is anything to say.
pub(super) fn message(
    kind: JobKind,
    payload: &NotificationPayload,
    recipient: &Recipient,
    now: DateTime<Utc>,
) -> Option<NewMessage> {
    // Whoever held a seat is told when the competition's rows are removed. Only what people asked
    // for themselves is still confirmed.
    if recipient.deleted && kind != job_kinds::CANCELLATION {
        return None;
    }
    let (about, since) = (&recipient.about, recipient.since());
    let (title, body) = match kind {
        job_kinds::WAITLIST => {
            message_texts::waitlist(about, payload.waitlist_position.unwrap_or(1), since)
        }
        job_kinds::PROMOTION => message_texts::promotion(about, since),
        job_kinds::CANCELLATION => message_texts::cancellation(about),
        job_kinds::REMINDER if !recipient.is_ahead(now) || outdated(payload, recipient) => {
            return None;
        }
        job_kinds::REMINDER => message_texts::reminder(about),
        _ => message_texts::confirmation(about, since),
    };
    let id = payload.registration_id;
    let dedupe_key = match kind {
        job_kinds::REMINDER => format!(
            "{kind}:{}",
            reminder_key(id, Some(about.starts_at.timestamp()))
        ),
        _ => format!("{kind}:{id}"),
    };
    Some(NewMessage {
        user: recipient.user,
        registration: Some(id),
        competition: Some(recipient.competition),
        kind: message_kind(kind),
        dedupe_key,
        subject: title,
        body,
        follows: None,
    })
}

/// Returns what the message of such a job is about.
pub(super) fn message_kind(kind: JobKind) -> MessageKind {
    match kind {
        job_kinds::WAITLIST => MessageKind::Waitlist,
        job_kinds::PROMOTION => MessageKind::Promotion,
        job_kinds::CANCELLATION => MessageKind::Cancellation,
        job_kinds::REMINDER => MessageKind::Reminder,
        _ => MessageKind::Confirmation,
    }
}

/// Whether a reminder is of a start that was moved since: the sweep finds the new one.
fn outdated(payload: &NotificationPayload, recipient: &Recipient) -> bool {
    let starts_at = recipient.about.starts_at.timestamp();
    payload.starts_at.is_some_and(|at| at != starts_at)
}

/// The sweep looks for the end of this key.
fn reminder_key(id: RegistrationId, starts_at: Option<i64>) -> String {
    match starts_at {
        Some(at) => format!("{id}:{at}"),
        None => id.to_string(),
    }
}
