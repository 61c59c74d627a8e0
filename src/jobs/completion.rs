//! How jobs end: done, to be tried again, or dead. Always in the transaction that did the work.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, LockBehavior, LockType},
};

use super::{
    Failure, Handler, Job, JobKind,
    dead_letters::{self, DeadLetter},
    decode::DecodedJob,
    failpoint::{self, Point},
    outbox::{self, LEASE, NewJob},
    retry::NextStep,
    worker::Worker,
};
use crate::{
    model::JobId,
    store::{
        InfrastructureError, TimeLimits, Transaction, bulk, database_time,
        entity::outbox_job::{Column, Entity, Model},
    },
};

/// After how many milliseconds a job is tried again whose rows another transaction holds. Spread, so
/// that such jobs do not come together again.
const HELD_MS: std::ops::Range<i64> = 1_500..4_000;
/// How long after its time a retry is in the list again at the latest.
const MOVED: TimeDelta = TimeDelta::seconds(2);
/// The outcome of a job that was delivered again after it had ended: it is only acknowledged.
pub(super) const DUPLICATE: &str = "duplicate";

/// What is left to do after the commit.
#[derive(Debug, Default)]
pub(super) struct Completion {
    /// Jobs to line up for later.
    pub retries: Vec<Retry>,
    /// Jobs that were born.
    pub new_jobs: Vec<NewJob>,
    /// Jobs that were given up.
    pub dead: Vec<DeadLetter>,
    /// For the figures.
    pub outcomes: Vec<(JobKind, &'static str)>,
}

/// A job that is tried again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    /// The job.
    pub job: JobId,
    /// How long it waits.
    pub wait: TimeDelta,
}

impl Completion {
    /// Does the jobs, all of one kind, and ends them, in one transaction.
    pub(super) async fn work(
        worker: &Worker,
        handler: &dyn Handler,
        group: &[DecodedJob],
        limits: TimeLimits,
    ) -> Result<Self, InfrastructureError> {
        let now = worker.clock.now();
        let transaction = worker.database.begin_within(limits).await?;
        let Rows { rows, held } = lock(&transaction, group, Locked::Skip).await?;
        let mut finish = Self::held(&held);
        let is_over = |id| !rows.contains_key(id) && !held.contains(id);
        let over = group.iter().filter(|read| is_over(&read.job.id));
        let outcomes = over.map(|read| (read.job.kind, DUPLICATE));
        finish.outcomes.extend(outcomes);
        // The row says what to do. A job without one was ended before and is delivered once more.
        let open: Vec<DecodedJob> = group
            .iter()
            .filter(|read| rows.contains_key(&read.job.id))
            .cloned()
            .collect();
        let jobs: Vec<Job> = open
            .iter()
            .filter_map(|read| {
                let payload = rows.get(&read.job.id)?.payload.clone();
                Some(Job {
                    payload,
                    ..read.job.clone()
                })
            })
            .collect();
        if jobs.is_empty() {
            transaction.rollback().await?;
            return Ok(finish);
        }
        let done = handler.handle(&transaction, &jobs, now).await?;
        failpoint::reach(Point::InHandler).await;
        if done.results.len() != jobs.len() {
            return Err(InfrastructureError::internal(
                "a handler lost count of its jobs",
            ));
        }
        outbox::write(&transaction, &done.new_jobs, now).await?;
        let ended = end(worker, &transaction, &open, &rows, done.results, now).await?;
        transaction.commit().await?;
        finish.add(ended);
        finish.new_jobs = done.new_jobs;
        Ok(finish)
    }

    /// Jobs that are tried again in a while, and that as if nothing had been: another transaction
    /// holds a row that they need.
    pub(super) fn held<'a>(jobs: impl IntoIterator<Item = &'a JobId>) -> Self {
        let again = |job: &JobId| Retry {
            job: *job,
            wait: TimeDelta::milliseconds(rand::random_range(HELD_MS)),
        };
        Self {
            retries: jobs.into_iter().map(again).collect(),
            ..Self::default()
        }
    }

    fn add(&mut self, other: Self) {
        self.retries.extend(other.retries);
        self.new_jobs.extend(other.new_jobs);
        self.dead.extend(other.dead);
        self.outcomes.extend(other.outcomes);
    }

    /// Notes that jobs failed in a way that undid their transaction.
    pub(super) async fn failed(
        worker: &Worker,
        group: &[DecodedJob],
        why: &str,
    ) -> Result<Self, InfrastructureError> {
        let now = worker.clock.now();
        let transaction = worker.database.begin().await?;
        let Rows { rows, held } = lock(&transaction, group, Locked::Skip).await?;
        let mut finish = Self::held(&held);
        let group: Vec<DecodedJob> = group
            .iter()
            .filter(|read| !held.contains(&read.job.id))
            .cloned()
            .collect();
        let ends = group
            .iter()
            .map(|_| Err(Failure::Transient(why.to_owned())))
            .collect();
        let ended = end(worker, &transaction, &group, &rows, ends, now).await?;
        transaction.commit().await?;
        finish.add(ended);
        Ok(finish)
    }
}

/// Outbox rows, under lock.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Those that are there.
    pub rows: HashMap<JobId, Model>,
    /// Jobs whose row another transaction holds.
    pub held: HashSet<JobId>,
}

/// What to do about rows that another transaction holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locked {
    /// Wait for them, within the transaction's limit.
    Wait,
    /// Say which they are.
    Skip,
}

/// Locks the outbox rows: a job that was delivered twice is done by one worker at a time.
pub(super) async fn lock(
    transaction: &Transaction,
    group: &[DecodedJob],
    locked: Locked,
) -> Result<Rows, InfrastructureError> {
    let ids: Vec<JobId> = group.iter().map(|read| read.job.id).collect();
    let backend = transaction.get_database_backend();
    let mut query = Entity::find()
        .filter(bulk::among(backend, (Entity, Column::Id), &ids))
        .order_by_asc(Column::Id);
    if backend == DatabaseBackend::Postgres {
        query = match locked {
            Locked::Wait => query.lock(LockType::Update),
            Locked::Skip => query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked),
        };
    }
    let rows = query.all(transaction).await?;
    let rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut held = HashSet::new();
    if backend == DatabaseBackend::Postgres && locked == Locked::Skip {
        let missing: Vec<_> = ids
            .into_iter()
            .filter(|id| !rows.contains_key(id))
            .collect();
        if !missing.is_empty() {
            let there: Vec<JobId> = Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(bulk::among(backend, (Entity, Column::Id), &missing))
                .into_tuple()
                .all(transaction)
                .await?;
            held.extend(there);
        }
    }
    Ok(Rows { rows, held })
}

/// Ends jobs as they went; the caller commits.
pub(super) async fn end(
    worker: &Worker,
    transaction: &Transaction,
    group: &[DecodedJob],
    rows: &HashMap<JobId, Model>,
    ends: Vec<Result<(), Failure>>,
    now: DateTime<Utc>,
) -> Result<Completion, InfrastructureError> {
    let (mut finish, mut over) = (Completion::default(), Vec::new());
    for (read, end) in group.iter().zip(ends) {
        let kind = read.job.kind;
        // Ended by another worker, to which it was delivered too: there is nothing left to end.
        let Some(row) = rows.get(&read.job.id) else {
            finish.outcomes.push((kind, DUPLICATE));
            continue;
        };
        let attempts = row.attempts + 1;
        let Err(failure) = end else {
            over.push(read.job.id);
            finish.outcomes.push((kind, "done"));
            continue;
        };
        let next = match &failure {
            Failure::Transient(_) => worker.policies.of(kind.queue()).after(
                u32::try_from(attempts).unwrap_or(u32::MAX),
                rand::random_range(0.0..1.0),
            ),
            Failure::Permanent(_) => NextStep::DeadLetter,
        };
        match next {
            NextStep::Retry(wait) => {
                let job = read.job.id;
                postpone(worker, transaction, job, attempts, &failure, wait).await?;
                finish.retries.push(Retry { job, wait });
                finish.outcomes.push((kind, "retry"));
            }
            NextStep::DeadLetter => {
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
) -> Result<(), InfrastructureError> {
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

/// How much longer than its wait the lease of a retry is.
pub(super) fn retry_lease() -> TimeDelta {
    MOVED + LEASE
}

async fn postpone(
    worker: &Worker,
    transaction: &Transaction,
    job: JobId,
    attempts: i32,
    failure: &Failure,
    wait: TimeDelta,
) -> Result<(), InfrastructureError> {
    let backend = transaction.get_database_backend();
    Entity::update_many()
        .col_expr(Column::Attempts, Expr::value(attempts))
        .col_expr(
            Column::LastError,
            Expr::value(dead_letters::clean(&failure.to_string())),
        )
        .col_expr(
            Column::LeaseUntil,
            database_time::after(backend, &worker.clock, wait + retry_lease()),
        )
        .col_expr(
            Column::ClaimedUntil,
            Expr::value(Option::<DateTime<Utc>>::None),
        )
        .filter(Column::Id.eq(job))
        .exec(transaction)
        .await?;
    Ok(())
}

fn letter(read: &DecodedJob, row: &Model, attempts: i32, failure: &Failure) -> DeadLetter {
    DeadLetter {
        job_id: read.job.id.to_string(),
        queue: read.job.kind.queue().to_owned(),
        kind: read.job.kind.to_string(),
        version: read.job.kind.version(),
        payload: row.payload.clone(),
        subject: row.subject_id,
        error: failure.to_string(),
        attempts,
        history: row.history.clone(),
    }
}
