//! Where a person decides about dead letters: look, retry, delete. Many are seen to in batches,
//! each a transaction of its own.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, EntityTrait, FromQueryResult,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LockType},
};
use uuid::Uuid;

use crate::{
    jobs::kind::{JobKind, JobKinds},
    model::JobId,
    store::{
        Database, InfrastructureError,
        audit::{self, Record},
        bulk::{self, Cells},
        entity::failed_job::{Column, Entity, Model},
    },
};

pub use crate::store::entity::failed_job::Model as Letter;

/// Letters seen to in one transaction.
const BATCH: u64 = 500;

/// Which letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// This one.
    One(Uuid),
    /// Those with one cause, by [`Group::key`].
    Group(String),
    /// All.
    All,
}

impl OperatorAction<'_> {
    /// The record of a transaction that saw to these letters; none if there were none.
    fn about(&self, letters: usize) -> Option<Record> {
        if letters == 0 {
            return None;
        }
        (self.record)(letters as u64)
    }
}

/// Letters of one queue and kind with one cause.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Group {
    /// By which it is named.
    pub key: String,
    /// Where they came from.
    pub queue: String,
    /// What they asked for.
    pub kind: String,
    /// The error of one of them.
    pub error: String,
    /// How many.
    pub count: i64,
    /// The first was given up then.
    pub first: DateTime<Utc>,
    /// The last was given up then.
    pub last: DateTime<Utc>,
}

/// What became of letters that were to be tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retried {
    /// Jobs once more.
    pub jobs: u64,
    /// Letters that can't be: not a job, or of another release; with the reason for one of them.
    pub refused: u64,
    /// Why, for one of those.
    pub why: Option<String>,
}

impl Selection {
    fn condition(&self) -> Condition {
        let all = Condition::all();
        match self {
            Self::One(id) => all.add(Column::Id.eq(*id)),
            Self::Group(key) => all.add(Column::GroupKey.eq(key.as_str())),
            Self::All => all,
        }
    }
}

/// Letters, newest first, and how many there are.
///
/// # Errors
/// What the database says.
pub async fn list(
    database: &Database,
    which: &Selection,
    offset: u64,
    limit: u64,
) -> Result<(Vec<Model>, u64), InfrastructureError> {
    let query = Entity::find().filter(which.condition());
    let total = query.clone().count(database.read()).await?;
    let letters = query
        .order_by_desc(Column::FailedAt)
        .order_by_desc(Column::Id)
        .offset(offset)
        .limit(limit)
        .all(database.read())
        .await?;
    Ok((letters, total))
}

/// The causes, the most frequent first.
///
/// # Errors
/// What the database says.
pub async fn groups(database: &Database) -> Result<Vec<Group>, InfrastructureError> {
    let count = || Expr::col(Column::Id).count();
    Ok(Entity::find()
        .select_only()
        .column_as(Column::GroupKey, "key")
        .columns([Column::Queue, Column::Kind])
        .column_as(Expr::col(Column::Error).min(), "error")
        .column_as(count(), "count")
        .column_as(Expr::col(Column::FailedAt).min(), "first")
        .column_as(Expr::col(Column::FailedAt).max(), "last")
        .group_by(Column::GroupKey)
        .group_by(Column::Queue)
        .group_by(Column::Kind)
        .order_by_desc(count())
        .order_by_asc(Column::GroupKey)
        .into_model()
        .all(database.read())
        .await?)
}

/// Who decided, and what the audit log is to say about so many letters of one transaction.
pub struct OperatorAction<'a> {
    /// Who, for the letter's history.
    pub by: &'a str,
    /// The record of a transaction that saw to so many letters.
    pub record: &'a (dyn Fn(u64) -> Option<Record> + Sync),
}

/// Makes letters jobs once more, at once due, with all their attempts ahead of them and their
/// history kept. The relay pushes them.
///
/// # Errors
/// What the database says; batches before that stand.
pub async fn retry(
    database: &Database,
    kinds: &JobKinds,
    which: &Selection,
    decision: &OperatorAction<'_>,
    now: DateTime<Utc>,
) -> Result<Retried, InfrastructureError> {
    let by = decision.by;
    let (mut retried, mut after) = (Retried::default(), None);
    loop {
        let transaction = database.begin().await?;
        let letters = page(&transaction, which, after).await?;
        let Some(last) = letters.last() else {
            return Ok(retried);
        };
        after = Some(last.id);
        let mut again = Vec::new();
        for letter in letters {
            match revived(&letter, kinds) {
                Ok((id, kind)) => again.push((id, kind, letter)),
                Err(why) => {
                    retried.refused += 1;
                    retried.why = Some(why);
                }
            }
        }
        revive(&transaction, &again, by, now).await?;
        let ids: Vec<Uuid> = again.iter().map(|(.., letter)| letter.id).collect();
        remove(&transaction, &ids).await?;
        let record = decision.about(ids.len());
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        retried.jobs += again.len() as u64;
        for (id, kind, letter) in &again {
            tracing::info!(by, job = %id, %kind, letter = %letter.id, "a dead letter is tried again");
        }
    }
}

/// Deletes letters for good; how many there were.
///
/// # Errors
/// What the database says; batches before that stand.
pub async fn delete(
    database: &Database,
    which: &Selection,
    decision: &OperatorAction<'_>,
) -> Result<u64, InfrastructureError> {
    let by = decision.by;
    let mut deleted = 0;
    loop {
        let transaction = database.begin().await?;
        let letters = page(&transaction, which, None).await?;
        if letters.is_empty() {
            return Ok(deleted);
        }
        let ids: Vec<Uuid> = letters.iter().map(|letter| letter.id).collect();
        remove(&transaction, &ids).await?;
        let record = decision.about(ids.len());
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        deleted += ids.len() as u64;
        for letter in &letters {
            tracing::info!(
                by, job = %letter.job_id, kind = %letter.kind, letter = %letter.id,
                "a dead letter was deleted"
            );
        }
    }
}

async fn page<C: ConnectionTrait>(
    transaction: &C,
    which: &Selection,
    after: Option<Uuid>,
) -> Result<Vec<Model>, InfrastructureError> {
    let mut query = Entity::find()
        .filter(which.condition())
        .order_by_asc(Column::Id)
        .limit(BATCH);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    // Two people who decide about one letter take turns: the second finds it gone.
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        query = query.lock(LockType::Update);
    }
    Ok(query.all(transaction).await?)
}

async fn remove<C: ConnectionTrait>(
    transaction: &C,
    ids: &[Uuid],
) -> Result<(), InfrastructureError> {
    let backend = transaction.get_database_backend();
    Entity::delete_many()
        .filter(bulk::among(backend, (Entity, Column::Id), ids))
        .exec(transaction)
        .await?;
    Ok(())
}

/// The job that a letter was, if this release can do it.
fn revived(letter: &Model, kinds: &JobKinds) -> Result<(JobId, JobKind), String> {
    let kind = kinds.find(&letter.kind, letter.version)?;
    let id = letter
        .job_id
        .parse()
        .map_err(|error| format!("not a job: {error}"))?;
    Ok((id, kind))
}

async fn revive<C: ConnectionTrait>(
    transaction: &C,
    letters: &[(JobId, JobKind, Model)],
    by: &str,
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    let count = letters.len();
    let columns = vec![
        (
            "id",
            Cells::Uuid(letters.iter().map(|(id, ..)| id.0).collect()),
        ),
        (
            "queue",
            Cells::Text(
                letters
                    .iter()
                    .map(|(_, kind, _)| kind.queue.to_owned())
                    .collect(),
            ),
        ),
        (
            "kind",
            Cells::Text(
                letters
                    .iter()
                    .map(|(_, kind, _)| kind.to_string())
                    .collect(),
            ),
        ),
        (
            "version",
            Cells::Int(letters.iter().map(|(.., l)| l.version).collect()),
        ),
        (
            "payload",
            Cells::Json(letters.iter().map(|(.., l)| l.payload.clone()).collect()),
        ),
        (
            "subject_id",
            Cells::MaybeUuid(letters.iter().map(|(.., l)| l.subject_id).collect()),
        ),
        (
            "history",
            Cells::Json(letters.iter().map(|(.., l)| history(l, by, now)).collect()),
        ),
        // Nobody pushes it but the relay: its lease is over at once.
        ("lease_until", Cells::Moment(vec![now; count])),
        ("created_at", Cells::Moment(vec![now; count])),
    ];
    let conflict = "ON CONFLICT (id) DO NOTHING";
    bulk::insert(transaction, "outbox_jobs", columns, conflict).await?;
    Ok(())
}

fn history(letter: &Model, by: &str, now: DateTime<Utc>) -> serde_json::Value {
    let mut past = letter.history.as_array().cloned().unwrap_or_default();
    past.push(serde_json::json!({
        "error": letter.error,
        "attempts": letter.attempts,
        "failedAt": letter.failed_at,
        "retriedAt": now,
        "retriedBy": by,
    }));
    past.into()
}
