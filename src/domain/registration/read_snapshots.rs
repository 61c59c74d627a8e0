//! What a transaction reads, for all its batches at once: the rows under lock, people, live
//! registrations, answers; and the heads of the queues.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{LockBehavior, LockType},
};

use super::{
    batch_runner::{Included, LockedRows},
    command::Command,
    decide::{CompetitionState, LiveRegistration, SEATED_AT_ONCE, Snapshot},
    outcome::{Stored, canonical},
};
use crate::{
    model::{CompetitionId, IdempotencyKey, RegistrationId, RegistrationStatus, UserId},
    store::{
        InfrastructureError, Transaction, bulk,
        entity::{competition, idempotency_log, registration, user},
    },
};

/// The competitions' rows, under lock.
pub(super) struct Rows {
    /// Those that are there.
    pub states: HashMap<CompetitionId, CompetitionState>,
    /// Competitions whose row another transaction holds.
    pub held: HashSet<CompetitionId>,
}

/// Locks the competitions' rows: the first statement of every transaction that moves seats.
///
/// `FOR NO KEY UPDATE`: as exclusive as `FOR UPDATE` among those who move seats, while whoever only
/// refers to the competition (a letter that is written) neither waits for the desk nor holds it up.
///
/// # Errors
/// What the database says.
pub(super) async fn lock(
    transaction: &Transaction,
    ids: &[CompetitionId],
    locked: LockedRows,
) -> Result<Rows, InfrastructureError> {
    use competition::Column;
    let backend = transaction.get_database_backend();
    let mut query = competition::Entity::existing();
    query = match ids {
        [id] => query.filter(Column::Id.eq(*id)),
        ids => query.filter(bulk::among(backend, (competition::Entity, Column::Id), ids)),
    };
    // SQLite's BEGIN IMMEDIATE has locked the whole file already.
    if backend == DatabaseBackend::Postgres {
        query = match locked {
            LockedRows::Wait => query.lock(LockType::NoKeyUpdate),
            LockedRows::Skip => {
                query.lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked)
            }
        };
    }
    let rows = query.all(transaction).await?;
    let state = |row: competition::Model| CompetitionState {
        id: row.id,
        organizer: row.organizer_id,
        status: row.status,
        capacity: row.capacity,
        seats_left: row.seats_left,
        waitlisted: row.waitlisted,
        waitlist_seq: row.waitlist_seq,
        version: row.version,
        edited_at_version: row.edited_at_version,
        waitlist_enabled: row.waitlist_enabled,
        reg_deadline: row.reg_deadline,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        location: row.location,
        schedule_revision: row.schedule_revision,
    };
    let states: HashMap<_, _> = rows.into_iter().map(|row| (row.id, state(row))).collect();
    let missing = ids.iter().copied().filter(|id| !states.contains_key(id));
    let held = match (locked, backend) {
        (LockedRows::Skip, DatabaseBackend::Postgres) => {
            there(transaction, &missing.collect::<Vec<_>>()).await?
        }
        // What could be waited for and is not there does not exist.
        _ => HashSet::new(),
    };
    Ok(Rows { states, held })
}

/// Which of the competitions exist. Of those that were passed over they are the ones that somebody
/// holds, since a transaction that is serializable sees one moment only.
async fn there(
    transaction: &Transaction,
    ids: &[CompetitionId],
) -> Result<HashSet<CompetitionId>, InfrastructureError> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let id = (competition::Entity, competition::Column::Id);
    let ids: Vec<CompetitionId> = competition::Entity::existing()
        .select_only()
        .column(competition::Column::Id)
        .filter(bulk::among(transaction.get_database_backend(), id, ids))
        .into_tuple()
        .all(transaction)
        .await?;
    Ok(ids.into_iter().collect())
}

/// What is asked about, in all competitions.
#[derive(Default)]
struct Asked<'a> {
    users: Vec<UserId>,
    keys: Vec<&'a str>,
    cancelling: Vec<RegistrationId>,
}

/// What was found about it.
#[derive(Default)]
struct Found {
    people: HashSet<UserId>,
    live: HashMap<CompetitionId, Vec<LiveRegistration>>,
    gone: HashMap<CompetitionId, HashMap<RegistrationId, UserId>>,
    stored: HashMap<(UserId, IdempotencyKey), Stored>,
}

/// Reads everything else the commands are about: a snapshot for each batch, in their order.
///
/// # Errors
/// What the database says.
pub(super) async fn snapshots(
    transaction: &Transaction,
    states: &HashMap<CompetitionId, CompetitionState>,
    batches: &[Included<'_>],
    now: DateTime<Utc>,
) -> Result<Vec<Snapshot>, InfrastructureError> {
    let mut asked = Asked::default();
    for command in batches.iter().flat_map(|batch| batch.commands.iter()) {
        match command {
            Command::Register { user, key, .. } => {
                asked.users.push(*user);
                asked.keys.push(key.as_str());
            }
            Command::Cancel { registration, .. } => asked.cancelling.push(*registration),
            Command::Revise(_) | Command::SeatWaiting => {}
        }
    }
    let mut found = Found::default();
    if !asked.users.is_empty() {
        read_people(transaction, &mut found, &asked.users).await?;
        read_answers(transaction, &mut found, &asked, now).await?;
    }
    if !asked.cancelling.is_empty() {
        read_cancelling(transaction, &mut found, &asked.cancelling).await?;
    }
    let mut snapshots = Vec::with_capacity(batches.len());
    for batch in batches {
        let state = states.get(&batch.competition).cloned();
        let heads = state
            .as_ref()
            .map_or(0, |state| state.heads(&batch.commands, SEATED_AT_ONCE));
        let mut snapshot = Snapshot {
            state,
            live: found.live.remove(&batch.competition).unwrap_or_default(),
            gone: found.gone.remove(&batch.competition).unwrap_or_default(),
            ..Snapshot::default()
        };
        for command in &*batch.commands {
            if let Command::Register { user, key, .. } = command {
                snapshot.people.extend(found.people.get(user));
                let asked = (*user, key.clone());
                if let Some(stored) = found.stored.get(&asked) {
                    snapshot.stored.insert(asked, stored.clone());
                }
            }
        }
        if heads > 0 {
            snapshot.queue = read_queue(transaction, batch.competition, heads).await?;
        }
        snapshots.push(snapshot);
    }
    Ok(snapshots)
}

/// Which of the people exist, and their live registrations.
///
/// Read by person alone: where PostgreSQL has not looked at a table yet it guesses that few
/// registrations are in a competition and many are a person's, and would read all that are there.
async fn read_people(
    transaction: &Transaction,
    found: &mut Found,
    users: &[UserId],
) -> Result<(), InfrastructureError> {
    let backend = transaction.get_database_backend();
    let known: Vec<UserId> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(bulk::among(
            backend,
            (user::Entity, user::Column::Id),
            users,
        ))
        .into_tuple()
        .all(transaction)
        .await?;
    found.people.extend(known);
    let rows: Vec<(RegistrationId, UserId, CompetitionId, RegistrationStatus)> =
        registration::Entity::find()
            .select_only()
            .columns([
                registration::Column::Id,
                registration::Column::UserId,
                registration::Column::CompetitionId,
                registration::Column::Status,
            ])
            .filter(bulk::among(
                backend,
                (registration::Entity, registration::Column::UserId),
                users,
            ))
            .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
            .into_tuple()
            .all(transaction)
            .await?;
    for (id, user, at, status) in rows {
        let live = LiveRegistration { id, user, status };
        found.live.entry(at).or_default().push(live);
    }
    Ok(())
}

/// Answers under the keys of this batch. An expired one is deleted, so that its key is as good as
/// new.
async fn read_answers(
    transaction: &Transaction,
    found: &mut Found,
    asked: &Asked<'_>,
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    let pairs = bulk::among_pairs(
        transaction.get_database_backend(),
        ("user_id", "key"),
        &asked.users,
        &asked.keys,
    );
    let rows = idempotency_log::Entity::find()
        .filter(pairs)
        .all(transaction)
        .await?;
    for row in rows {
        if row.expires_at <= now {
            idempotency_log::Entity::delete_by_id((row.user_id, row.key))
                .exec(transaction)
                .await?;
            continue;
        }
        let key = IdempotencyKey::stored(row.key).map_err(InfrastructureError::internal)?;
        let stored = Stored {
            fingerprint: row.request_fingerprint,
            status: u16::try_from(row.response_status).map_err(InfrastructureError::internal)?,
            body: canonical(&row.response),
            expires_at: row.expires_at,
        };
        found.stored.insert((row.user_id, key), stored);
    }
    Ok(())
}

async fn read_cancelling(
    transaction: &Transaction,
    found: &mut Found,
    registrations: &[RegistrationId],
) -> Result<(), InfrastructureError> {
    let rows = registration::Entity::find()
        .filter(bulk::among(
            transaction.get_database_backend(),
            (registration::Entity, registration::Column::Id),
            registrations,
        ))
        .all(transaction)
        .await?;
    for row in rows {
        let (id, user, status, at) = (row.id, row.user_id, row.status, row.competition_id);
        if status.is_live() {
            let live = LiveRegistration { id, user, status };
            found.live.entry(at).or_default().push(live);
        } else {
            found.gone.entry(at).or_default().insert(id, user);
        }
    }
    Ok(())
}

async fn read_queue(
    transaction: &Transaction,
    competition: CompetitionId,
    heads: usize,
) -> Result<VecDeque<(RegistrationId, UserId)>, InfrastructureError> {
    let rows: Vec<(RegistrationId, UserId)> = registration::Entity::find()
        .select_only()
        .columns([registration::Column::Id, registration::Column::UserId])
        .filter(registration::Column::CompetitionId.eq(competition))
        .filter(registration::Column::Status.eq(RegistrationStatus::Waitlisted))
        .order_by_asc(registration::Column::WaitlistSeq)
        .limit(u64::try_from(heads).ok())
        .into_tuple()
        .all(transaction)
        .await?;
    Ok(rows.into())
}
