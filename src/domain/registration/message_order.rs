//! Messages about a registration are written in the order of what happened to it.
//!
//! Each message has a job of its own, and jobs run in any order: one may be retried while a later one is
//! done. So that no participant reads "confirmed" after "cancelled":
//!
//! - before the message of a promotion, a cancellation or a cancelled competition, the same transaction
//!   writes the messages whose jobs are still open ([`earlier_messages`]). Those jobs then find their
//!   message written, so that each registration still has exactly one confirmation;
//! - the later message is dated after every earlier one, whatever the clocks of the processes that wrote
//!   them say ([`date_after_earlier`]);
//! - a message that has a successor already is not written any more ([`registrations_with_successor`]): its
//!   job became a dead letter and was retried by an administrator.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::LockType,
};

use super::{
    notification_message::{
        CONFIRMATION, NotificationPayload, PROMOTION, WAITLIST, message as message_of,
    },
    recipients::Recipient,
};
use crate::{
    domain::mailbox::{NewMessage, successors::successors},
    jobs::JobKind,
    model::{MessageKind, RegistrationId},
    store::{
        InfrastructureError, Transaction, bulk,
        entity::{message, outbox_job},
    },
};

/// The kinds of jobs whose messages come before a message, the latest first. Every worker locks the rows
/// of jobs in this order.
pub(super) type Predecessors = &'static [&'static [JobKind]];

/// For messages that replace no earlier one.
pub(super) const NONE: Predecessors = &[];
/// For the message of a promotion.
pub(super) const BEFORE_PROMOTION: Predecessors = &[&[WAITLIST]];
/// For the message that a registration, or its competition, is cancelled.
pub(super) const BEFORE_CANCELLATION: Predecessors = &[&[PROMOTION], &[CONFIRMATION, WAITLIST]];

/// Locks the open jobs of the kinds `predecessors` about `registrations`, and returns them in the order of
/// their messages. A worker that runs one of them finishes it first.
async fn lock_open_jobs(
    transaction: &Transaction,
    predecessors: Predecessors,
    registrations: &[RegistrationId],
) -> Result<Vec<(JobKind, NotificationPayload)>, InfrastructureError> {
    use outbox_job::{Column, Entity};
    let mut found = Vec::new();
    if registrations.is_empty() {
        return Ok(found);
    }
    let backend = transaction.get_database_backend();
    for kinds in predecessors {
        let mut query = Entity::find()
            .filter(bulk::among(
                backend,
                (Entity, Column::SubjectId),
                registrations,
            ))
            .filter(Column::Kind.is_in(kinds.iter().map(|kind| kind.name)))
            .order_by_asc(Column::Id);
        if backend == DatabaseBackend::Postgres {
            query = query.lock(LockType::Update);
        }
        let mut jobs = Vec::new();
        for row in query.all(transaction).await? {
            // A job that can't be decoded becomes a dead letter when a worker claims it.
            let kind = kinds.iter().find(|kind| kind.name == row.kind);
            if let (Some(kind), Ok(payload)) = (kind, serde_json::from_value(row.payload)) {
                jobs.push((*kind, payload));
            }
        }
        found.splice(0..0, jobs);
    }
    Ok(found)
}

/// Returns the messages of `predecessors` that are still to be written, in their order.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn earlier_messages(
    transaction: &Transaction,
    predecessors: Predecessors,
    recipients: &HashMap<RegistrationId, Recipient>,
    now: DateTime<Utc>,
) -> Result<Vec<NewMessage>, InfrastructureError> {
    let ids: Vec<_> = recipients.keys().copied().collect();
    let open = lock_open_jobs(transaction, predecessors, &ids).await?;
    let message = |(kind, payload): &(JobKind, NotificationPayload)| {
        let recipient = recipients.get(&payload.registration_id)?;
        message_of(*kind, payload, recipient, now)
    };
    Ok(open.iter().filter_map(message).collect())
}

/// Dates messages after every message that was written about the same registration.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn date_after_earlier(
    transaction: &Transaction,
    messages: &mut [NewMessage],
) -> Result<(), InfrastructureError> {
    let ids: Vec<_> = messages.iter().filter_map(|it| it.registration).collect();
    let mut latest = HashMap::new();
    for (id, _, at) in read_messages(transaction, &ids).await? {
        let newest = latest.entry(id).or_insert(at);
        *newest = Ord::max(*newest, at);
    }
    for message in messages {
        message.follows = message.registration.and_then(|id| latest.get(&id).copied());
    }
    Ok(())
}

/// Returns those of `registrations` that have a message which one of `kind` may not follow.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn registrations_with_successor(
    transaction: &Transaction,
    kind: MessageKind,
    registrations: &[RegistrationId],
) -> Result<HashSet<RegistrationId>, InfrastructureError> {
    let messages = read_messages(transaction, registrations).await?.into_iter();
    Ok(messages
        .filter(|(_, later, _)| successors(kind).contains(later))
        .map(|(id, ..)| id)
        .collect())
}

/// Reads the messages about registrations; there are few about each.
async fn read_messages(
    transaction: &Transaction,
    registrations: &[RegistrationId],
) -> Result<Vec<(RegistrationId, MessageKind, DateTime<Utc>)>, InfrastructureError> {
    use message::{Column, Entity};
    if registrations.is_empty() {
        return Ok(Vec::new());
    }
    let backend = transaction.get_database_backend();
    let about = (Entity, Column::RegistrationId);
    Ok(Entity::find()
        .select_only()
        .columns([Column::RegistrationId, Column::Kind, Column::CreatedAt])
        .filter(bulk::among(backend, about, registrations))
        .into_tuple()
        .all(transaction)
        .await?)
}
