//! How jobs end: done, to be tried again, or dead. Always in the transaction that did the work.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, LockType},
};

use super::{
    Failure, Job,
    dead_letters::{self, DeadLetter},
    outbox::{self, LEASE, NewJob},
    read::Read,
    retry::Next,
    worker::Worker,
};
use crate::{
    model::JobId,
    store::{
        Fault, bulk,
        entity::outbox_job::{Column, Entity, Model},
    },
};

/// What is left to do after the commit.
#[derive(Debug, Default)]
pub(super) struct Finish {
    /// Jobs to line up for later.
    pub retries: Vec<Retry>,
    /// Jobs that were born.
    pub born: Vec<NewJob>,
}

/// A job that is tried again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    /// Which.
    pub job: JobId,
    /// When.
    pub due: DateTime<Utc>,
}

impl Finish {
    /// Does the jobs, all of one kind, and ends them, in one transaction.
    pub(super) async fn work(worker: &Worker, group: &[Read]) -> Result<Self, Fault> {
        let Some(kind) = group.first().map(|read| read.job.kind) else {
            return Ok(Self::default());
        };
        let handler = worker
            .handlers
            .of(kind)
            .ok_or_else(|| Fault::internal(format!("nobody does {kind}")))?;
        let now = worker.clock.now();
        let transaction = worker.database.begin().await?;
        let rows = lock(&transaction, group).await?;
        // Usually the row says what to do. A job without one was done before, or put into the list
        // by hand: handlers are idempotent, so it is done by what its envelope says.
        let jobs: Vec<Job> = group
            .iter()
            .map(|read| Job {
                payload: rows
                    .get(&read.job.id)
                    .map_or_else(|| read.job.payload.clone(), |row| row.payload.clone()),
                ..read.job.clone()
            })
            .collect();
        let outcomes = handler.handle(&transaction, &jobs, now).await?;
        let finish = end(worker, &transaction, group, &rows, outcomes, now).await?;
        transaction.commit().await?;
        Ok(finish)
    }

    /// Notes that a job failed in a way that undid its transaction.
    pub(super) async fn record_failure(
        worker: &Worker,
        group: &[Read],
        why: &str,
    ) -> Result<Self, Fault> {
        let now = worker.clock.now();
        let transaction = worker.database.begin().await?;
        let rows = lock(&transaction, group).await?;
        let outcomes = group
            .iter()
            .map(|_| Err(Failure::Transient(why.to_owned())))
            .collect();
        let finish = end(worker, &transaction, group, &rows, outcomes, now).await?;
        transaction.commit().await?;
        Ok(finish)
    }
}

/// Locks the outbox rows: a job that was delivered twice is done by one worker at a time.
async fn lock(
    transaction: &DatabaseTransaction,
    group: &[Read],
) -> Result<HashMap<JobId, Model>, Fault> {
    let ids: Vec<JobId> = group.iter().map(|read| read.job.id).collect();
    let backend = transaction.get_database_backend();
    let mut query = Entity::find()
        .filter(bulk::among(backend, (Entity, Column::Id), &ids))
        .order_by_asc(Column::Id);
    if backend == DatabaseBackend::Postgres {
        query = query.lock(LockType::Update);
    }
    let rows = query.all(transaction).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn end(
    worker: &Worker,
    transaction: &DatabaseTransaction,
    group: &[Read],
    rows: &HashMap<JobId, Model>,
    outcomes: Vec<Result<Vec<NewJob>, Failure>>,
    now: DateTime<Utc>,
) -> Result<Finish, Fault> {
    let (mut finish, mut over, mut dead) = (Finish::default(), Vec::new(), Vec::new());
    for (read, outcome) in group.iter().zip(outcomes) {
        let row = rows.get(&read.job.id);
        let attempts = row.map_or(0, |row| row.attempts) + 1;
        let failure = match outcome {
            Ok(born) => {
                over.push(read.job.id);
                finish.born.extend(born);
                count(read, "done");
                continue;
            }
            Err(failure) => failure,
        };
        // A job without a row has nothing that could count its attempts.
        let next = match (&failure, row) {
            (Failure::Transient(_), Some(_)) => worker.policy.after(
                u32::try_from(attempts).unwrap_or(u32::MAX),
                rand::random_range(0.0..1.0),
            ),
            _ => Next::Bury,
        };
        match next {
            Next::Wait(wait) => {
                let due = now + wait;
                postpone(transaction, read.job.id, attempts, &failure, due).await?;
                finish.retries.push(Retry {
                    job: read.job.id,
                    due,
                });
                count(read, "retry");
            }
            Next::Bury => {
                over.push(read.job.id);
                dead.push(letter(read, row, attempts, &failure));
                count(read, "dead");
            }
        }
    }
    Entity::delete_many()
        .filter(bulk::among(
            transaction.get_database_backend(),
            (Entity, Column::Id),
            &over,
        ))
        .exec(transaction)
        .await?;
    dead_letters::bury(transaction, &dead, now).await?;
    outbox::write(transaction, &finish.born, now).await?;
    Ok(finish)
}

async fn postpone(
    transaction: &DatabaseTransaction,
    job: JobId,
    attempts: i32,
    failure: &Failure,
    due: DateTime<Utc>,
) -> Result<(), Fault> {
    use sea_orm::ColumnTrait;
    Entity::update_many()
        .col_expr(Column::Attempts, Expr::value(attempts))
        .col_expr(Column::LastError, Expr::value(failure.to_string()))
        .col_expr(Column::LeaseUntil, Expr::value(due + LEASE))
        .filter(Column::Id.eq(job))
        .exec(transaction)
        .await?;
    Ok(())
}

fn letter(read: &Read, row: Option<&Model>, attempts: i32, failure: &Failure) -> DeadLetter {
    DeadLetter {
        job_id: read.job.id.to_string(),
        queue: read.job.kind.queue().to_owned(),
        kind: read.job.kind.to_string(),
        payload: row.map_or_else(|| read.job.payload.clone(), |row| row.payload.clone()),
        subject: row.and_then(|row| row.subject_id),
        error: failure.to_string(),
        attempts,
    }
}

fn count(read: &Read, outcome: &'static str) {
    let kind = read.job.kind.as_str();
    metrics::counter!("mc_jobs_total", "kind" => kind, "outcome" => outcome).increment(1);
}
