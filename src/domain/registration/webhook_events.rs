//! What webhooks are told about registrations and edits.
//!
//! A registration that is made, promoted or cancelled has a job, which writes the message about it. The same job notes
//! the event, so the batch that registers people neither reads nor writes anything for webhooks. Edits are few: the
//! batch itself notes theirs.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter};

use super::{
    decide::Plan,
    notification_message::{
        CANCELLATION, CONFIRMATION, NotificationPayload, PROMOTION, REMOVAL, WAITLIST,
    },
};
use crate::{
    domain::webhooks::{
        events::{EventCompetition, EventRegistration, NewEvent},
        fan_out::Subscribers,
    },
    jobs::{JobKind, outbox::NewJob},
    model::{CompetitionId, RegistrationStatus, WebhookEvent},
    store::{InfrastructureError, Transaction, Writes, bulk, entity::registration},
};

/// Adds the deliveries about registrations to the writes of the jobs of one kind, and returns the jobs that send them.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn add(
    writes: &mut Writes,
    transaction: &Transaction,
    kind: JobKind,
    payloads: &[&NotificationPayload],
    now: DateTime<Utc>,
) -> Result<Vec<NewJob>, InfrastructureError> {
    if ![CONFIRMATION, WAITLIST, PROMOTION, CANCELLATION, REMOVAL].contains(&kind) {
        return Ok(Vec::new());
    }
    let competitions: HashSet<_> = payloads.iter().map(|it| it.competition_id).collect();
    let competitions: Vec<_> = competitions.into_iter().collect();
    let subscribers = Subscribers::of(transaction, &competitions).await?;
    if subscribers.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = payloads.iter().map(|it| it.registration_id).collect();
    let rows = registration::Entity::find()
        .filter(bulk::among(
            transaction.get_database_backend(),
            (registration::Entity, registration::Column::Id),
            &ids,
        ))
        .all(transaction)
        .await?;
    let rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let events: Vec<_> = payloads
        .iter()
        .flat_map(|payload| events(kind, payload, rows.get(&payload.registration_id), now))
        .collect();
    subscribers.add(writes, transaction, &events, now)
}

/// Returns what a job of `kind` knows to have happened to a registration.
fn events(
    kind: JobKind,
    payload: &NotificationPayload,
    row: Option<&registration::Model>,
    now: DateTime<Utc>,
) -> Vec<NewEvent> {
    use RegistrationStatus::{Cancelled, Confirmed, Pending, Waitlisted};
    let event = |event, status, at: Option<DateTime<Utc>>| {
        let registration = EventRegistration {
            id: payload.registration_id,
            user: payload.user_id,
            competition: payload.competition_id,
            status,
            registered_at: row.map(|row| row.registered_at),
            waitlist_position: payload.waitlist_position,
        };
        NewEvent::of_registration(event, registration, at.unwrap_or(now))
    };
    let registered_at = row.map(|row| row.registered_at);
    // The job confirms the seat, unless the registration was cancelled meanwhile.
    let is_confirmed = row.is_some_and(|row| row.status.holds_seat());
    let confirmed =
        is_confirmed.then(|| event(WebhookEvent::RegistrationConfirmed, Confirmed, None));
    match kind {
        CONFIRMATION => {
            let created = event(WebhookEvent::RegistrationCreated, Pending, registered_at);
            std::iter::once(created).chain(confirmed).collect()
        }
        WAITLIST => vec![event(
            WebhookEvent::RegistrationCreated,
            Waitlisted,
            registered_at,
        )],
        PROMOTION => {
            let at = row.and_then(|row| row.promoted_at);
            let promoted = event(WebhookEvent::RegistrationPromoted, Pending, at);
            std::iter::once(promoted).chain(confirmed).collect()
        }
        _ => vec![event(
            WebhookEvent::RegistrationCancelled,
            Cancelled,
            row.and_then(|row| row.cancelled_at),
        )],
    }
}

/// Adds the deliveries about competitions that are edited, divided or paused to the writes of a batch, and returns the jobs that send
/// them. A batch that only registers and cancels reads nothing.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn add_edits(
    writes: &mut Writes,
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
    now: DateTime<Utc>,
) -> Result<Vec<NewJob>, InfrastructureError> {
    let edited = plans.iter().filter(|(_, plan)| {
        plan.revision.is_some() || plan.changes_pause || plan.changes_divisions
    });
    let events: Vec<_> = edited
        .filter_map(|(id, plan)| {
            let state = plan.state.as_ref()?;
            let competition = EventCompetition {
                id: *id,
                status: state.rules.status,
                paused: state.rules.paused,
                deleted: false,
                version: state.version,
            };
            Some((*id, NewEvent::of_competition(competition, now)))
        })
        .collect();
    let (ids, events): (Vec<_>, Vec<_>) = events.into_iter().unzip();
    let subscribers = Subscribers::of(transaction, &ids).await?;
    subscribers.add(writes, transaction, &events, now)
}
