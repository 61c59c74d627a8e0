//! Listing, retrying and deleting dead letters, as an administrator decides. Many are handled in
//! batches, each in a transaction of its own.

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

pub use crate::store::entity::failed_job::Model as FailedJob;

/// The number of dead letters that are handled in one transaction.
const BATCH: u64 = 500;

/// A selection of dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The one with this id.
    One(Uuid),
    /// Those of a group, by [`FailureGroup::key`].
    Group(String),
    /// Those that came from a queue, by its name.
    Queue(String),
    /// All dead letters of the installation.
    All,
}

impl OperatorAction<'_> {
    /// Returns the audit record of a transaction that handled so many dead letters; `None` for 0.
    fn record_for(&self, letters: usize) -> Option<Record> {
        if letters == 0 {
            return None;
        }
        (self.record)(letters as u64)
    }
}

/// Dead letters of one queue and kind with one cause.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct FailureGroup {
    /// The key of the group.
    pub key: String,
    /// The queue from which they came.
    pub queue: String,
    /// The name of their kind.
    pub kind: String,
    /// The error of one dead letter.
    pub error: String,
    /// The number of dead letters.
    pub count: i64,
    /// When the first one failed finally.
    pub first: DateTime<Utc>,
    /// When the last one failed finally.
    pub last: DateTime<Utc>,
}

/// The result of a retry of dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetryResult {
    /// The number of dead letters that are jobs again.
    pub jobs: u64,
    /// The number of dead letters that are no job, or a job of another release.
    pub refused: u64,
    /// Why one of those cannot be retried.
    pub refusal_reason: Option<String>,
}

impl Selection {
    fn condition(&self) -> Condition {
        let all = Condition::all();
        match self {
            Self::One(id) => all.add(Column::Id.eq(*id)),
            Self::Group(key) => all.add(Column::GroupKey.eq(key.as_str())),
            Self::Queue(queue) => all.add(Column::Queue.eq(queue.as_str())),
            Self::All => all,
        }
    }
}

/// Returns a page of the selection, newest first, and the number of all selected dead letters.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
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

/// Returns the groups, the largest first.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn groups(database: &Database) -> Result<Vec<FailureGroup>, InfrastructureError> {
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

/// An action of an administrator or of the command line.
pub struct OperatorAction<'a> {
    /// Who acts, for the history of the dead letter.
    pub by: &'a str,
    /// Makes the audit record of a transaction that handled so many dead letters.
    pub record: &'a (dyn Fn(u64) -> Option<Record> + Sync),
}

/// Turns dead letters into jobs that are due at once, with no attempts counted and their history kept.
/// The relay pushes them. Dead letters whose kind is not in `kinds` stay.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable. Batches before that stay
/// committed.
pub async fn retry(
    database: &Database,
    kinds: &JobKinds,
    which: &Selection,
    decision: &OperatorAction<'_>,
    now: DateTime<Utc>,
) -> Result<RetryResult, InfrastructureError> {
    let by = decision.by;
    let (mut retried, mut after) = (RetryResult::default(), None);
    loop {
        let transaction = database.begin().await?;
        let letters = page(&transaction, which, after).await?;
        let Some(last) = letters.last() else {
            return Ok(retried);
        };
        after = Some(last.id);
        let mut again = Vec::new();
        for letter in letters {
            match job_of(&letter, kinds) {
                Ok((id, kind)) => again.push((id, kind, letter)),
                Err(reason) => {
                    retried.refused += 1;
                    retried.refusal_reason = Some(reason);
                }
            }
        }
        enqueue_again(&transaction, &again, by, now).await?;
        let ids: Vec<Uuid> = again.iter().map(|(.., letter)| letter.id).collect();
        remove(&transaction, &ids).await?;
        let record = decision.record_for(ids.len());
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        retried.jobs += again.len() as u64;
        for (id, kind, _) in &again {
            tracing::info!(by, job.id = %id, job.kind = %kind, "The dead letter of job {id} is retried");
        }
    }
}

/// Deletes dead letters and returns their number.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable. Batches before that stay
/// committed.
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
        let record = decision.record_for(ids.len());
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        deleted += ids.len() as u64;
        for letter in &letters {
            tracing::info!(
                by, job.id = %letter.job_id, job.kind = %letter.kind,
                "Deleted the dead letter of job {}", letter.job_id
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
    // Of two administrators who act on one dead letter, the second waits and finds it gone.
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

/// Returns the job that a dead letter was, if this release knows its kind.
fn job_of(letter: &Model, kinds: &JobKinds) -> Result<(JobId, JobKind), String> {
    let kind = kinds.find(&letter.kind, letter.version)?;
    let id = letter
        .job_id
        .parse()
        .map_err(|error| format!("not a job: {error}"))?;
    Ok((id, kind))
}

/// Writes outbox rows for dead letters.
async fn enqueue_again<C: ConnectionTrait>(
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
        // Only the relay pushes it, so its lease expires at once.
        ("lease_until", Cells::Moment(vec![now; count])),
        ("created_at", Cells::Moment(vec![now; count])),
    ];
    let conflict = "ON CONFLICT (id) DO NOTHING";
    bulk::insert(transaction, "outbox_jobs", columns, conflict).await?;
    Ok(())
}

/// Returns the history of a dead letter with its last failure added.
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
