//! Messages about a registration are written in the order of what happened to it.
//!
//! Each message has a job of its own, and jobs run in any order: one may be tried again while a later
//! one is done. So that nobody reads "your seat is confirmed" after "your registration is
//! cancelled":
//!
//! - before the news of a promotion, a cancellation or a competition that is called off, the same
//!   transaction writes the messages whose jobs are still open ([`earlier`]). Those jobs then
//!   find their message written, and each registration still has exactly one confirmation;
//! - the later message is dated after every earlier one, whatever the clocks of the processes that
//!   wrote them say ([`date`]);
//! - a message that has a successor already is not written any more ([`overtaken`]): its job was
//!   given up, and a person had it tried again.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::LockType,
};

use super::{
    job_kinds,
    notification_message::{NotificationPayload, message as message_of},
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

/// Returns the kinds of jobs whose messages come before that of `kind`, the latest first: in this
/// order their rows are locked by everyone.
fn predecessors(kind: JobKind) -> &'static [&'static [JobKind]] {
    match kind {
        job_kinds::PROMOTION => &[&[job_kinds::WAITLIST]],
        job_kinds::CANCELLATION | job_kinds::COMPETITION_CANCELLED => &[
            &[job_kinds::PROMOTION],
            &[job_kinds::CONFIRMATION, job_kinds::WAITLIST],
        ],
        _ => &[],
    }
}

/// Returns the jobs about `registrations` whose messages are to be written before that of `kind`, in
/// their order. Their rows are locked: a worker that is at one of them ends it first.
///
/// # Errors
/// What the database says.
async fn outstanding(
    transaction: &Transaction,
    kind: JobKind,
    registrations: &[RegistrationId],
) -> Result<Vec<(JobKind, NotificationPayload)>, InfrastructureError> {
    use outbox_job::{Column, Entity};
    let mut found = Vec::new();
    if registrations.is_empty() {
        return Ok(found);
    }
    let backend = transaction.get_database_backend();
    for kinds in predecessors(kind) {
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
            // One that can't be read is given up by the worker that takes it.
            let kind = kinds.iter().find(|kind| kind.name == row.kind);
            if let (Some(kind), Ok(payload)) = (kind, serde_json::from_value(row.payload)) {
                jobs.push((*kind, payload));
            }
        }
        found.splice(0..0, jobs);
    }
    Ok(found)
}

/// Returns the messages that are still to be written before that of `kind`, in their order.
///
/// # Errors
/// What the database says.
pub(super) async fn earlier(
    transaction: &Transaction,
    kind: JobKind,
    recipients: &HashMap<RegistrationId, Recipient>,
    now: DateTime<Utc>,
) -> Result<Vec<NewMessage>, InfrastructureError> {
    let ids: Vec<_> = recipients.keys().copied().collect();
    let open = outstanding(transaction, kind, &ids).await?;
    let letter = |(kind, payload): &(JobKind, NotificationPayload)| {
        let recipient = recipients.get(&payload.registration_id)?;
        message_of(*kind, payload, recipient, now)
    };
    Ok(open.iter().filter_map(letter).collect())
}

/// Dates the messages that follow from a job of `kind` after every message that stands already.
///
/// # Errors
/// What the database says.
pub(super) async fn date(
    transaction: &Transaction,
    kind: JobKind,
    letters: &mut [NewMessage],
) -> Result<(), InfrastructureError> {
    // What is said of a changed schedule holds beside what was said before, if it stands last.
    if predecessors(kind).is_empty() && kind != job_kinds::SCHEDULE_CHANGE {
        return Ok(());
    }
    let ids: Vec<_> = letters.iter().filter_map(|it| it.registration).collect();
    let mut latest = HashMap::new();
    for (id, _, at) in written(transaction, &ids).await? {
        let newest = latest.entry(id).or_insert(at);
        *newest = Ord::max(*newest, at);
    }
    for letter in letters {
        letter.follows = letter.registration.and_then(|id| latest.get(&id).copied());
    }
    Ok(())
}

/// Returns those of `registrations` about which a message was written that one of `kind` may not
/// follow.
///
/// # Errors
/// What the database says.
pub(super) async fn overtaken(
    transaction: &Transaction,
    kind: MessageKind,
    registrations: &[RegistrationId],
) -> Result<HashSet<RegistrationId>, InfrastructureError> {
    let written = written(transaction, registrations).await?.into_iter();
    Ok(written
        .filter(|(_, written, _)| successors(kind).contains(written))
        .map(|(id, ..)| id)
        .collect())
}

/// The few messages that there are about each registration.
async fn written(
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
