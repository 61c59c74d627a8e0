//! Reads what decisions need, for all batches of a transaction at once: competitions under their row
//! locks, accounts, live registrations, stored outcomes, and the heads of waitlists.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{LockBehavior, LockType},
};

use super::{
    command::{Command, LockedRows, StartedBatch},
    competition_state::CompetitionState,
    decide::{LiveRegistration, MAX_PROMOTIONS, Snapshot, waitlist_heads},
    outcome::{ResponseCodec, StoredOutcome, StoredResponse},
};
use crate::{
    model::{CompetitionId, IdempotencyKey, RegistrationId, RegistrationStatus, UserId},
    store::{
        InfrastructureError, Transaction, bulk,
        entity::{competition, idempotency_log, registration, user},
    },
};

/// The rows of competitions, locked by the transaction.
pub(super) struct LockedCompetitions {
    /// The competitions that exist and are locked.
    pub states: HashMap<CompetitionId, CompetitionState>,
    /// The competitions whose rows another transaction holds.
    pub held: HashSet<CompetitionId>,
}

/// Locks the rows of competitions: the first statement of every transaction that moves seats.
///
/// `FOR NO KEY UPDATE` is as exclusive as `FOR UPDATE` among transactions that move seats. A transaction
/// that only refers to the competition, such as one that writes a message, neither waits for it nor
/// delays it.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn lock_competitions(
    transaction: &Transaction,
    ids: &[CompetitionId],
    locked_rows: LockedRows,
) -> Result<LockedCompetitions, InfrastructureError> {
    use competition::Column;
    let backend = transaction.get_database_backend();
    let mut query = competition::Entity::existing();
    query = match ids {
        [id] => query.filter(Column::Id.eq(*id)),
        ids => query.filter(bulk::among(backend, (competition::Entity, Column::Id), ids)),
    };
    // SQLite's BEGIN IMMEDIATE has locked the whole file already.
    if backend == DatabaseBackend::Postgres {
        query = match locked_rows {
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
    let held = match (locked_rows, backend) {
        (LockedRows::Skip, DatabaseBackend::Postgres) => {
            existing(transaction, &missing.collect::<Vec<_>>()).await?
        }
        // Every row was waited for, so a row that is missing does not exist.
        _ => HashSet::new(),
    };
    Ok(LockedCompetitions { states, held })
}

/// Returns which of the competitions exist. Those of the skipped ones are held by other transactions,
/// since a serializable transaction sees one moment only.
async fn existing(
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

/// What the commands of all batches refer to.
#[derive(Default)]
struct References<'a> {
    users: Vec<UserId>,
    keys: Vec<&'a str>,
    cancelling: Vec<RegistrationId>,
}

/// What the database has about them.
#[derive(Default)]
struct Found {
    users: HashSet<UserId>,
    live: HashMap<CompetitionId, Vec<LiveRegistration>>,
    cancelled: HashMap<CompetitionId, HashMap<RegistrationId, UserId>>,
    outcomes: HashMap<(UserId, IdempotencyKey), Arc<StoredOutcome>>,
}

/// Reads everything else that the commands refer to, and returns a snapshot for each batch, in their
/// order.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn read_snapshots(
    transaction: &Transaction,
    states: &HashMap<CompetitionId, CompetitionState>,
    batches: &[StartedBatch<'_>],
    now: DateTime<Utc>,
    codec: &ResponseCodec,
) -> Result<Vec<Snapshot>, InfrastructureError> {
    let mut references = References::default();
    for command in batches.iter().flat_map(|batch| batch.commands.iter()) {
        match command {
            Command::Register { user, key, .. } => {
                references.users.push(*user);
                references.keys.push(key.as_str());
            }
            Command::Cancel { registration, .. } => references.cancelling.push(*registration),
            Command::Revise(_) | Command::PromoteWaitlist | Command::Withdrawn => {}
        }
    }
    let mut found = Found::default();
    if !references.users.is_empty() {
        read_users(transaction, &mut found, &references.users).await?;
        read_outcomes(transaction, &mut found, &references, now, codec).await?;
    }
    if !references.cancelling.is_empty() {
        read_cancelling(transaction, &mut found, &references.cancelling).await?;
    }
    let mut snapshots = Vec::with_capacity(batches.len());
    for batch in batches {
        let state = states.get(&batch.competition).cloned();
        let heads = state.as_ref().map_or(0, |state| {
            waitlist_heads(state, &batch.commands, MAX_PROMOTIONS)
        });
        let mut snapshot = Snapshot {
            state,
            live: found.live.remove(&batch.competition).unwrap_or_default(),
            cancelled: found
                .cancelled
                .remove(&batch.competition)
                .unwrap_or_default(),
            ..Snapshot::default()
        };
        for command in &*batch.commands {
            if let Command::Register { user, key, .. } = command {
                snapshot.users.extend(found.users.get(user));
                let key = (*user, key.clone());
                if let Some(stored) = found.outcomes.get(&key) {
                    snapshot.outcomes.insert(key, Arc::clone(stored));
                }
            }
        }
        if heads > 0 {
            snapshot.waitlist = read_waitlist(transaction, batch.competition, heads).await?;
        }
        snapshots.push(snapshot);
    }
    Ok(snapshots)
}

/// Reads which of the accounts exist, and their live registrations.
///
/// The registrations are read by account alone: before PostgreSQL has analysed the table, it guesses that
/// a competition has few registrations and an account many, and would read all of the competition's.
async fn read_users(
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
    found.users.extend(known);
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

/// Reads the outcomes that are stored under the keys of the batches. An expired one is deleted, so that
/// its key can be used again.
async fn read_outcomes(
    transaction: &Transaction,
    found: &mut Found,
    references: &References<'_>,
    now: DateTime<Utc>,
    codec: &ResponseCodec,
) -> Result<(), InfrastructureError> {
    let pairs = bulk::among_pairs(
        transaction.get_database_backend(),
        ("user_id", "key"),
        &references.users,
        &references.keys,
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
        let response = StoredResponse {
            status: u16::try_from(row.response_status).map_err(InfrastructureError::internal)?,
            body: (codec.canonical)(&row.response),
        };
        let fingerprint = row.request_fingerprint;
        let stored = StoredOutcome::restore(codec, fingerprint, response, row.expires_at);
        found.outcomes.insert((row.user_id, key), Arc::new(stored));
    }
    Ok(())
}

/// Reads the registrations that are to be cancelled.
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
            found.cancelled.entry(at).or_default().insert(id, user);
        }
    }
    Ok(())
}

/// Reads the head of a waitlist.
async fn read_waitlist(
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
