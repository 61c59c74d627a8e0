//! How jobs end: done, to be tried again, or dead. Always in the transaction that did the work.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, LockType},
};

use super::{
    Failure, Handler, Job, JobKind,
    dead_letters::{self, DeadLetter},
    failpoint::{self, Point},
    outbox::{self, LEASE, NewJob},
    read::Read,
    retry::Next,
    worker::Worker,
};
use crate::{
    model::JobId,
    store::{
        Fault, Transaction, bulk,
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
    /// Jobs that were given up.
    pub dead: Vec<DeadLetter>,
    /// For the figures.
    pub outcomes: Vec<(JobKind, &'static str)>,
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
    pub(super) async fn work(
        worker: &Worker,
        handler: &dyn Handler,
        group: &[Read],
    ) -> Result<Self, Fault> {
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
        let done = handler.handle(&transaction, &jobs, now).await?;
        failpoint::reach(Point::InHandler).await;
        if done.ends.len() != group.len() {
            return Err(Fault::internal("a handler lost count of its jobs"));
        }
        outbox::write(&transaction, &done.born, now).await?;
        let mut finish = end(worker, &transaction, group, &rows, done.ends, now).await?;
        transaction.commit().await?;
        finish.born = done.born;
        Ok(finish)
    }

    /// Notes that jobs failed in a way that undid their transaction.
    pub(super) async fn failed(worker: &Worker, group: &[Read], why: &str) -> Result<Self, Fault> {
        let now = worker.clock.now();
        let transaction = worker.database.begin().await?;
        let rows = lock(&transaction, group).await?;
        let ends = group
            .iter()
            .map(|_| Err(Failure::Transient(why.to_owned())))
            .collect();
        let finish = end(worker, &transaction, group, &rows, ends, now).await?;
        transaction.commit().await?;
        Ok(finish)
    }
}

/// Locks the outbox rows: a job that was delivered twice is done by one worker at a time.
pub(super) async fn lock(
    transaction: &Transaction,
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

/// Ends jobs as they went; the caller commits.
pub(super) async fn end(
    worker: &Worker,
    transaction: &Transaction,
    group: &[Read],
    rows: &HashMap<JobId, Model>,
    ends: Vec<Result<(), Failure>>,
    now: DateTime<Utc>,
) -> Result<Finish, Fault> {
    let (mut finish, mut over) = (Finish::default(), Vec::new());
    for (read, end) in group.iter().zip(ends) {
        let (kind, row) = (read.job.kind, rows.get(&read.job.id));
        let attempts = row.map_or(0, |row| row.attempts) + 1;
        let Err(failure) = end else {
            over.push(read.job.id);
            finish.outcomes.push((kind, "done"));
            continue;
        };
        // A job without a row has nothing that could count its attempts.
        let next = match (&failure, row) {
            (Failure::Transient(_), Some(_)) => worker.policies.of(kind.queue()).after(
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
                finish.outcomes.push((kind, "retry"));
            }
            Next::Bury => {
                over.push(read.job.id);
                finish.dead.push(letter(read, row, attempts, &failure));
                finish.outcomes.push((kind, "dead"));
            }
        }
    }
    forget(transaction, &over).await?;
    dead_letters::bury(transaction, &finish.dead, now).await?;
    Ok(finish)
}

/// Deletes the rows of jobs that are over.
pub(super) async fn forget<C: ConnectionTrait>(
    transaction: &C,
    over: &[JobId],
) -> Result<(), Fault> {
    if over.is_empty() {
        return Ok(());
    }
    let backend = transaction.get_database_backend();
    Entity::delete_many()
        .filter(bulk::among(backend, (Entity, Column::Id), over))
        .exec(transaction)
        .await?;
    Ok(())
}

async fn postpone(
    transaction: &Transaction,
    job: JobId,
    attempts: i32,
    failure: &Failure,
    due: DateTime<Utc>,
) -> Result<(), Fault> {
    Entity::update_many()
        .col_expr(Column::Attempts, Expr::value(attempts))
        .col_expr(
            Column::LastError,
            Expr::value(dead_letters::clean(&failure.to_string())),
        )
        .col_expr(Column::LeaseUntil, Expr::value(due + LEASE))
        .col_expr(
            Column::ClaimedUntil,
            Expr::value(Option::<DateTime<Utc>>::None),
        )
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
        version: read.job.kind.version(),
        payload: row.map_or_else(|| read.job.payload.clone(), |row| row.payload.clone()),
        subject: row.and_then(|row| row.subject_id),
        error: failure.to_string(),
        attempts,
        history: row.map_or_else(|| serde_json::json!([]), |row| row.history.clone()),
    }
}
