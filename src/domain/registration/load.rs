//! What a batch reads, all of it at once: the row under lock, people, live registrations, answers,
//! the head of the queue.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, DatabaseTransaction, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::LockType,
};

use super::{
    answer::{Stored, canonical},
    command::Command,
    decide::{Book, Live, Snapshot},
};
use crate::{
    model::{CompetitionId, IdempotencyKey, RegistrationId, RegistrationStatus, UserId},
    store::{
        Fault, bulk,
        entity::{competition, idempotency_log, registration, user},
    },
};

/// Locks the competition's row: the first statement of every transaction that moves seats.
///
/// `FOR NO KEY UPDATE`: as exclusive as `FOR UPDATE` among those who move seats, while whoever only
/// refers to the competition (a letter that is written) neither waits for the desk nor holds it up.
///
/// # Errors
/// What the database says.
pub(super) async fn lock(
    transaction: &DatabaseTransaction,
    id: CompetitionId,
) -> Result<Option<Book>, Fault> {
    let mut query = competition::Entity::find_by_id(id);
    // SQLite's BEGIN IMMEDIATE has locked the whole file already.
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        query = query.lock(LockType::NoKeyUpdate);
    }
    Ok(query.one(transaction).await?.map(|row| Book {
        id: row.id,
        organizer: row.organizer_id,
        status: row.status,
        capacity: row.capacity,
        seats_left: row.seats_left,
        waitlisted: row.waitlisted,
        waitlist_seq: row.waitlist_seq,
        version: row.version,
        waitlist_enabled: row.waitlist_enabled,
        reg_deadline: row.reg_deadline,
        starts_at: row.starts_at,
    }))
}

/// Reads everything else the commands are about.
///
/// # Errors
/// What the database says.
pub(super) async fn snapshot(
    transaction: &DatabaseTransaction,
    book: Option<Book>,
    commands: &[Command],
    now: DateTime<Utc>,
) -> Result<Snapshot, Fault> {
    let (mut users, mut keys, mut cancelling) = (Vec::new(), Vec::new(), Vec::new());
    let mut snapshot = Snapshot {
        book,
        ..Snapshot::default()
    };
    for command in commands {
        match command {
            Command::Register { user, key, .. } => {
                users.push(*user);
                keys.push(key.as_str());
            }
            Command::Cancel { registration, .. } => cancelling.push(*registration),
            Command::Revise(_) => {}
        }
    }
    if !users.is_empty() {
        read_people(transaction, &mut snapshot, &users).await?;
        read_answers(transaction, &mut snapshot, &users, &keys, now).await?;
    }
    if !cancelling.is_empty() {
        read_cancelling(transaction, &mut snapshot, &cancelling).await?;
    }
    if let Some(book) = &snapshot.book {
        let heads = book.heads(commands);
        if heads > 0 {
            snapshot.queue = read_queue(transaction, book.id, heads).await?;
        }
    }
    Ok(snapshot)
}

/// Which of the people exist, and their live registrations here.
///
/// Read by person alone: where PostgreSQL has not looked at a table yet it guesses that few
/// registrations are here and many are a person's, and would read all that are here.
async fn read_people(
    transaction: &DatabaseTransaction,
    snapshot: &mut Snapshot,
    users: &[UserId],
) -> Result<(), Fault> {
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
    snapshot.people.extend(known);
    let Some(book) = &snapshot.book else {
        return Ok(());
    };
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
    let here = rows.into_iter().filter(|(_, _, at, _)| *at == book.id);
    snapshot
        .live
        .extend(here.map(|(id, user, _, status)| Live { id, user, status }));
    Ok(())
}

/// Answers under the keys of this batch. An expired one is deleted, so that its key is as good as
/// new.
async fn read_answers(
    transaction: &DatabaseTransaction,
    snapshot: &mut Snapshot,
    users: &[UserId],
    keys: &[&str],
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let pairs = bulk::among_pairs(
        transaction.get_database_backend(),
        ("user_id", "key"),
        users,
        keys,
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
        let key = IdempotencyKey::stored(row.key).map_err(Fault::internal)?;
        let stored = Stored {
            fingerprint: row.request_fingerprint,
            status: u16::try_from(row.response_status).map_err(Fault::internal)?,
            body: canonical(&row.response),
            expires_at: row.expires_at,
        };
        snapshot.stored.insert((row.user_id, key), stored);
    }
    Ok(())
}

async fn read_cancelling(
    transaction: &DatabaseTransaction,
    snapshot: &mut Snapshot,
    registrations: &[RegistrationId],
) -> Result<(), Fault> {
    let Some(book) = &snapshot.book else {
        return Ok(());
    };
    let rows = registration::Entity::find()
        .filter(registration::Column::CompetitionId.eq(book.id))
        .filter(bulk::among(
            transaction.get_database_backend(),
            (registration::Entity, registration::Column::Id),
            registrations,
        ))
        .all(transaction)
        .await?;
    for row in rows {
        if row.status.is_live() {
            snapshot.live.push(Live {
                id: row.id,
                user: row.user_id,
                status: row.status,
            });
        } else {
            snapshot.gone.insert(row.id, row.user_id);
        }
    }
    Ok(())
}

async fn read_queue(
    transaction: &DatabaseTransaction,
    competition: CompetitionId,
    heads: usize,
) -> Result<VecDeque<(RegistrationId, UserId)>, Fault> {
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
