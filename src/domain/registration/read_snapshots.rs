//! Reads what decisions need, for all batches of a transaction at once: competitions under their row
//! locks, accounts, live registrations, stored outcomes, divisions, and the heads of waitlists.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Asterisk, Expr, LockBehavior, LockType, Query},
};

use super::{
    command::{Command, LockedRows, StartedBatch},
    competition_state::{CompetitionState, DivisionState},
    decide::{
        LiveRegistration, MAX_PROMOTIONS, Snapshot, WaitingRegistration, Waitlist, waitlist_heads,
    },
    outcome::ResponseCodec,
    read_codes::{CodesRead, read_addresses, read_codes},
    read_requests::{Found, read_requests},
};
use crate::{
    domain::permissions,
    model::{CompetitionId, RegistrationId, RegistrationStatus, StaffRole, UserId},
    ops::Clock,
    store::{
        InfrastructureError, Transaction, bulk,
        entity::{competition, division, registration},
    },
};

/// The rows of competitions, locked by the transaction.
pub(super) struct LockedCompetitions {
    /// The competitions that exist and are locked.
    pub states: HashMap<CompetitionId, CompetitionState>,
    /// The competitions whose rows another transaction holds.
    pub held: HashSet<CompetitionId>,
    /// The time after all rows were locked, by the clock that all processes share.
    pub now: DateTime<Utc>,
}

/// A competition's row with the time at which it was locked.
#[derive(Debug, FromQueryResult)]
struct LockedRow {
    #[sea_orm(nested)]
    row: competition::Model,
    locked_at: DateTime<Utc>,
}

/// Locks the rows of competitions: the first statement of every transaction that moves seats.
///
/// `FOR NO KEY UPDATE` is as exclusive as `FOR UPDATE` among transactions that move seats. A transaction
/// that only refers to the competition, such as one that writes a message, neither waits for it nor
/// delays it.
///
/// The time is the database's, so that an opening or a deadline is one moment for all processes, however
/// their clocks differ. It is read after the lock: PostgreSQL does not merge a subquery that locks rows
/// into the query around it.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn lock_competitions(
    transaction: &Transaction,
    ids: &[CompetitionId],
    locked_rows: LockedRows,
    clock: &Clock,
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
    let (rows, locked_at): (Vec<_>, _) =
        if backend == DatabaseBackend::Postgres && clock.manual_time().is_none() {
            let timed = Query::select()
                .column(Asterisk)
                .expr_as(Expr::cust("clock_timestamp()"), "locked_at")
                .from_subquery(query.into_query(), "locked")
                .to_owned();
            let timed = LockedRow::find_by_statement(backend.build(&timed));
            let timed = timed.all(transaction).await?;
            let locked_at = timed.iter().map(|timed| timed.locked_at).max();
            (
                timed.into_iter().map(|timed| timed.row).collect(),
                locked_at,
            )
        } else {
            (query.all(transaction).await?, None)
        };
    let now = locked_at.map_or_else(|| clock.now(), |time| time.trunc_subsecs(3));
    let states: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row.into())).collect();
    let missing = ids.iter().copied().filter(|id| !states.contains_key(id));
    let held = match (locked_rows, backend) {
        (LockedRows::Skip, DatabaseBackend::Postgres) => {
            existing(transaction, &missing.collect::<Vec<_>>()).await?
        }
        // Every row was waited for, so a row that is missing does not exist.
        _ => HashSet::new(),
    };
    Ok(LockedCompetitions { states, held, now })
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
    let (mut requests, mut existing) = (Vec::new(), Vec::new());
    for command in batches.iter().flat_map(|batch| batch.commands.iter()) {
        match command {
            Command::Register { user, key, .. } => {
                requests.push((*user, key.as_str()));
            }
            Command::Cancel { registration, .. } => existing.push(*registration),
            Command::Add(addition) => {
                requests.push((addition.by.id, addition.key.as_str()));
                // The live registrations of the participant, whose keys are others.
                requests.push((addition.user, ""));
            }
            Command::Act(act) => {
                existing.extend(&act.ids);
                requests.extend(act.key.as_ref().map(|key| (act.by.id, key.as_str())));
            }
            Command::Undo(undo) => {
                requests.push((undo.by.id, undo.key.as_str()));
                // The registrations that they have made meanwhile.
                requests.extend(undo.people.iter().map(|former| (former.user, "")));
            }
            Command::Revise(_)
            | Command::SetPaused(_)
            | Command::ChangeDivision(_)
            | Command::ChangeCodes(_)
            | Command::PromoteWaitlist
            | Command::Withdrawn => {}
        }
    }
    let mut found = Found::default();
    if !requests.is_empty() {
        read_requests(transaction, &mut found, &requests, now, codec).await?;
    }
    if !existing.is_empty() {
        read_existing(transaction, &mut found, &existing).await?;
    }
    let with_divisions = states.values().filter(|state| state.has_divisions);
    let with_divisions: Vec<_> = with_divisions.map(|state| state.id).collect();
    let mut divisions = read_divisions(transaction, &with_divisions).await?;
    let mut snapshots = Vec::with_capacity(batches.len());
    for batch in batches {
        let state = states
            .get(&batch.competition)
            .map(|state| CompetitionState {
                divisions: divisions.remove(&state.id).unwrap_or_default(),
                ..state.clone()
            });
        let live = found.live.remove(&batch.competition).unwrap_or_default();
        let codes = match &state {
            Some(state) => read_codes(transaction, state, &batch.commands, &live, now).await?,
            None => CodesRead::default(),
        };
        let waitlist = match &state {
            Some(state) => {
                read_waitlist(transaction, state, &batch.commands, codes.released).await?
            }
            None => Waitlist::default(),
        };
        let mut snapshot = Snapshot {
            state,
            waitlist,
            live,
            cancelled: found
                .cancelled
                .remove(&batch.competition)
                .unwrap_or_default(),
            ..Snapshot::default()
        };
        for command in &*batch.commands {
            let participants = command.new_participants();
            snapshot
                .users
                .extend(participants.filter(|user| found.users.contains(user)));
            if let Some((account, key)) = command.idempotency_key() {
                let key = (account, key.clone());
                if let Some(stored) = found.outcomes.get(&key) {
                    snapshot.outcomes.insert(key, Arc::clone(stored));
                }
            }
        }
        if let Some(state) = &snapshot.state {
            snapshot.staff = read_staff(transaction, state, &batch.commands).await?;
            snapshot.addresses =
                read_addresses(transaction, state, &codes.codes, &batch.commands).await?;
        }
        snapshot.codes = codes.codes;
        snapshot.next_expiry = codes.next_expiry;
        snapshots.push(snapshot);
    }
    Ok(snapshots)
}

/// Reads the roles of the accounts that act for the organizer. Nothing is read for the organizer, for administrators,
/// and for commands of participants.
async fn read_staff(
    transaction: &Transaction,
    state: &CompetitionState,
    commands: &[Command],
) -> Result<HashMap<UserId, StaffRole>, InfrastructureError> {
    let mut roles = HashMap::new();
    for actor in commands.iter().filter_map(Command::acts_for_organizer) {
        if permissions::role_without_staff(actor, state.organizer).is_some()
            || roles.contains_key(&actor.id)
        {
            continue;
        }
        let role = permissions::role_of(transaction, actor, state.id, state.organizer).await?;
        roles.extend(role.map(|role| (actor.id, role)));
    }
    Ok(roles)
}

/// Reads registrations that commands refer to by their ids.
async fn read_existing(
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
            let live = LiveRegistration {
                id,
                user,
                status,
                division: row.division_id,
                code: row.code_id,
            };
            found.live.entry(at).or_default().push(live);
        } else {
            found.cancelled.entry(at).or_default().insert(id, user);
        }
    }
    Ok(())
}

/// Reads the divisions of competitions, in their order. Without competitions there is no statement.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn read_divisions<C: ConnectionTrait>(
    connection: &C,
    competitions: &[CompetitionId],
) -> Result<HashMap<CompetitionId, Vec<DivisionState>>, InfrastructureError> {
    use division::Column;
    let mut divisions: HashMap<_, Vec<DivisionState>> = HashMap::new();
    if competitions.is_empty() {
        return Ok(divisions);
    }
    let of_competition = (division::Entity, Column::CompetitionId);
    let rows = division::Entity::find()
        .filter(bulk::among(
            connection.get_database_backend(),
            of_competition,
            competitions,
        ))
        .filter(Column::RemovedAt.is_null())
        .order_by_asc(Column::Position)
        .order_by_asc(Column::Id)
        .all(connection)
        .await?;
    for row in rows {
        let of_competition = divisions.entry(row.competition_id).or_default();
        of_competition.push(row.into());
    }
    Ok(divisions)
}

/// Reads the heads of a waitlist that the commands may promote.
async fn read_waitlist(
    transaction: &Transaction,
    state: &CompetitionState,
    commands: &[Command],
    released: i32,
) -> Result<Waitlist, InfrastructureError> {
    use registration::Column;
    let mut heads = Vec::new();
    for head in waitlist_heads(state, commands, released, MAX_PROMOTIONS) {
        // Each condition has an index whose order is that of the waitlist.
        let line = match head.division {
            Some(division) => Column::DivisionId.eq(division),
            None => Column::CompetitionId.eq(state.id),
        };
        let rows: Vec<(RegistrationId, UserId, Option<i64>)> = registration::Entity::find()
            .select_only()
            .columns([Column::Id, Column::UserId, Column::WaitlistSeq])
            .filter(line)
            .filter(Column::Status.eq(RegistrationStatus::Waitlisted))
            .order_by_asc(Column::WaitlistSeq)
            .limit(u64::try_from(head.count).ok())
            .into_tuple()
            .all(transaction)
            .await?;
        let waiting = rows.into_iter().map(|(id, user, seq)| WaitingRegistration {
            seq: seq.unwrap_or_default(),
            id,
            user,
            division: head.division,
        });
        heads.push((head, waiting.collect()));
    }
    Ok(Waitlist::new(state, heads, MAX_PROMOTIONS))
}
