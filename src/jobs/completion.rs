//! How jobs are completed: done, to be tried again, or dead letters. Their rows change in the
//! transaction that did the work; the queue follows after the commit ([`Completion::settle`]).

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, DeleteMany, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, LockBehavior, LockType},
};

use super::{
    context::{Claimant, Context},
    dead_letters::{self, DeadLetter},
    decode::DecodedJob,
    failpoint::{self, Point},
    handler::{Failure, Handler, Job},
    kind::JobKind,
    outbox::{self, LEASE, NewJob},
    pace,
    retry::NextStep,
    span,
};
use crate::{
    model::JobId,
    store::{
        InfrastructureError, TimeLimits, Transaction, Writes, bulk, database_time,
        entity::outbox_job::{Column, Entity, Model},
    },
};

/// After how many milliseconds a job is tried again if another transaction has locked a row that it
/// needs. Spread, so that such jobs do not meet again.
const LOCKED_WAIT_MS: std::ops::Range<i64> = 1_500..4_000;
/// How long after it became due a retry is in the queue again at the latest.
const PROMOTION_DELAY: TimeDelta = TimeDelta::seconds(2);
/// How old a job may become whose attempts do not count, because others of its kind are refused, too.
const PATIENCE: TimeDelta = TimeDelta::hours(24);
/// The outcome of a job that was delivered again after its completion: it is only acknowledged.
const DUPLICATE: &str = "duplicate";
/// The outcome of a job that succeeded.
const DONE: &str = "done";
/// The outcome of a job that failed finally.
const DEAD: &str = "dead";

/// What is left to do after the commit that completed jobs.
#[derive(Debug, Default)]
pub(super) struct Completion {
    /// Jobs that are tried again.
    retries: Vec<Retry>,
    /// Jobs that follow from the completed ones.
    new_jobs: Vec<NewJob>,
    /// Jobs that failed finally.
    dead_letters: Vec<DeadLetter>,
    /// The outcome of each job, for the metrics.
    outcomes: Vec<(JobKind, &'static str)>,
}

/// A job that is tried again after a while.
#[derive(Debug, Clone, Copy)]
struct Retry {
    job: JobId,
    wait: TimeDelta,
}

impl Completion {
    /// Runs `handler` on the jobs, all of one kind, and completes them, in one transaction.
    pub(super) async fn of_handled(
        context: &Context,
        handler: &dyn Handler,
        group: &[DecodedJob],
        limits: TimeLimits,
    ) -> Result<Self, InfrastructureError> {
        let now = context.clock.now();
        let transaction = context.database.begin_within(limits).await?;
        let LockedJobs { rows, locked } = lock(&transaction, group, OnLocked::Report).await?;
        let mut completion = Self::of_locked(&locked);
        let is_completed = |id| !rows.contains_key(id) && !locked.contains(id);
        let duplicates = group.iter().filter(|it| is_completed(&it.job.id));
        completion
            .outcomes
            .extend(duplicates.map(|duplicate| (duplicate.job.kind, DUPLICATE)));
        // The row says what to do. A job without a row was completed before and is delivered again.
        let open: Vec<DecodedJob> = group
            .iter()
            .filter(|decoded| rows.contains_key(&decoded.job.id))
            .cloned()
            .collect();
        let jobs: Vec<Job> = open
            .iter()
            .filter_map(|decoded| {
                let payload = rows.get(&decoded.job.id)?.payload.clone();
                Some(Job {
                    payload,
                    ..decoded.job.clone()
                })
            })
            .collect();
        if jobs.is_empty() {
            transaction.rollback().await?;
            return Ok(completion);
        }
        if let [decoded] = group
            && let Some(row) = rows.get(&decoded.job.id)
        {
            span::record_attempt(row.attempts);
        }
        let output = handler.handle(&transaction, &jobs, now).await?;
        failpoint::reach(Point::InHandler).await;
        if output.results.len() != jobs.len() {
            return Err(InfrastructureError::internal(
                "a handler returned another number of results than it was given jobs",
            ));
        }
        let mut writes = output.writes;
        let backend = transaction.get_database_backend();
        outbox::add(&mut writes, backend, &output.new_jobs, now)?;
        let results = output.results;
        let completed = complete(context, &transaction, &open, &rows, results, writes, now).await?;
        transaction.commit().await?;
        handler.committed(&jobs).await;
        completion.add(completed);
        completion.new_jobs = output.new_jobs;
        Ok(completion)
    }

    /// Counts a failed attempt for jobs whose transaction was rolled back.
    pub(super) async fn of_failed(
        context: &Context,
        group: &[DecodedJob],
        error: &str,
    ) -> Result<Self, InfrastructureError> {
        let now = context.clock.now();
        let transaction = context.database.begin().await?;
        let LockedJobs { rows, locked } = lock(&transaction, group, OnLocked::Report).await?;
        let mut completion = Self::of_locked(&locked);
        let group: Vec<DecodedJob> = group
            .iter()
            .filter(|decoded| !locked.contains(&decoded.job.id))
            .cloned()
            .collect();
        let results = group
            .iter()
            .map(|_| Err(Failure::Transient(error.to_owned())))
            .collect();
        let writes = Writes::default();
        let completed =
            complete(context, &transaction, &group, &rows, results, writes, now).await?;
        transaction.commit().await?;
        completion.add(completed);
        Ok(completion)
    }

    /// Has jobs tried again in a while without counting an attempt: another transaction has locked a
    /// row that they need.
    pub(super) fn of_locked<'a>(jobs: impl IntoIterator<Item = &'a JobId>) -> Self {
        let retry = |job: &JobId| Retry {
            job: *job,
            wait: TimeDelta::milliseconds(rand::random_range(LOCKED_WAIT_MS)),
        };
        Self {
            retries: jobs.into_iter().map(retry).collect(),
            ..Self::default()
        }
    }

    /// Has a job tried again after a while without counting an attempt.
    pub(super) fn of_postponed(job: JobId, wait: TimeDelta) -> Self {
        Self {
            retries: vec![Retry { job, wait }],
            ..Self::default()
        }
    }

    /// Acknowledges a job that was delivered again after its completion.
    pub(super) fn of_duplicate(kind: JobKind) -> Self {
        Self {
            outcomes: vec![(kind, DUPLICATE)],
            ..Self::default()
        }
    }

    fn add(&mut self, other: Self) {
        self.retries.extend(other.retries);
        self.new_jobs.extend(other.new_jobs);
        self.dead_letters.extend(other.dead_letters);
        self.outcomes.extend(other.outcomes);
    }

    /// Follows the commit: acknowledges completed jobs, schedules retries, pushes new jobs, counts
    /// outcomes and reports dead letters.
    pub(super) async fn settle(
        self,
        context: &Context,
        claimant: &Claimant<'_>,
        group: &[DecodedJob],
    ) -> Result<(), InfrastructureError> {
        failpoint::reach(Point::BeforeAck).await;
        for (kind, outcome) in &self.outcomes {
            metrics::counter!("mc_jobs_total", "kind" => kind.name, "outcome" => *outcome)
                .increment(1);
            if [DONE, DEAD].contains(outcome) {
                context.throughput.count(kind.queue, *outcome == DEAD);
            }
        }
        dead_letters::report(&self.dead_letters);
        let (queue, worker) = (claimant.queue, claimant.worker);
        let is_retried = |id: JobId| self.retries.iter().any(|retry| retry.job == id);
        let completed: Vec<_> = group
            .iter()
            .filter(|decoded| !is_retried(decoded.job.id))
            .map(|decoded| decoded.envelope.clone())
            .collect();
        context.queue.ack(queue, worker, &completed).await?;
        for Retry { job, wait } in &self.retries {
            if let Some(decoded) = group.iter().find(|decoded| decoded.job.id == *job) {
                let (envelope, wait) = (&decoded.envelope, wait.to_std().unwrap_or_default());
                context
                    .queue
                    .delay(queue, worker, envelope, envelope, wait)
                    .await?;
            }
        }
        if !self.new_jobs.is_empty() {
            outbox::push(&*context.queue, &self.new_jobs).await?;
        }
        Ok(())
    }
}

/// Outbox rows that were read in order to be locked.
#[derive(Debug, Default)]
pub(super) struct LockedJobs {
    /// The rows that this transaction has locked.
    pub rows: HashMap<JobId, Model>,
    /// The jobs whose row another transaction has locked.
    pub locked: HashSet<JobId>,
}

/// What to do about rows that another transaction has locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnLocked {
    /// Wait for them, within the transaction's limit.
    Wait,
    /// Return the ids of their jobs.
    Report,
}

/// Locks the outbox rows: of the workers to which a job was delivered, one at a time runs it.
pub(super) async fn lock(
    transaction: &Transaction,
    group: &[DecodedJob],
    on_locked: OnLocked,
) -> Result<LockedJobs, InfrastructureError> {
    let ids: Vec<JobId> = group.iter().map(|decoded| decoded.job.id).collect();
    let backend = transaction.get_database_backend();
    let mut query = Entity::find()
        .filter(bulk::among(backend, (Entity, Column::Id), &ids))
        .order_by_asc(Column::Id);
    if backend == DatabaseBackend::Postgres {
        query = match on_locked {
            OnLocked::Wait => query.lock(LockType::Update),
            OnLocked::Report => {
                query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            }
        };
    }
    let rows = query.all(transaction).await?;
    let rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut locked = HashSet::new();
    if backend == DatabaseBackend::Postgres && on_locked == OnLocked::Report {
        let missing: Vec<_> = ids
            .into_iter()
            .filter(|id| !rows.contains_key(id))
            .collect();
        if !missing.is_empty() {
            let existing: Vec<JobId> = Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(bulk::among(backend, (Entity, Column::Id), &missing))
                .into_tuple()
                .all(transaction)
                .await?;
            locked.extend(existing);
        }
    }
    Ok(LockedJobs { rows, locked })
}

/// Executes `writes`, and writes the result of each job into its row; the caller commits.
pub(super) async fn complete(
    context: &Context,
    transaction: &Transaction,
    group: &[DecodedJob],
    rows: &HashMap<JobId, Model>,
    results: Vec<Result<(), Failure>>,
    mut writes: Writes,
    now: DateTime<Utc>,
) -> Result<Completion, InfrastructureError> {
    let (mut completion, mut completed) = (Completion::default(), Vec::new());
    for (decoded, result) in group.iter().zip(results) {
        let kind = decoded.job.kind;
        // Completed by another worker to which it was delivered, too.
        let Some(row) = rows.get(&decoded.job.id) else {
            completion.outcomes.push((kind, DUPLICATE));
            continue;
        };
        let Err(failure) = result else {
            completed.push(decoded.job.id);
            completion.outcomes.push((kind, DONE));
            continue;
        };
        let age = now - row.created_at;
        let is_attempt = match &failure {
            Failure::Postponed { .. } => false,
            Failure::Congested(_) => age > PATIENCE,
            _ => true,
        };
        let attempts = row.attempts + i32::from(is_attempt);
        let retried = || {
            context.retry_policies.for_queue(kind.queue).after(
                u32::try_from(attempts).unwrap_or(u32::MAX),
                rand::random_range(0.0..1.0),
            )
        };
        let next = match &failure {
            Failure::Transient(_) => retried(),
            Failure::Throttled { wait, .. } => retried().not_before(*wait),
            Failure::Congested(_) => {
                let wait = pace::wait_of(context.pace.wait(kind.queue, now), age);
                match is_attempt {
                    true => retried().not_before(wait),
                    false => NextStep::Retry(wait),
                }
            }
            Failure::Postponed { wait, .. } => NextStep::Retry(*wait),
            Failure::Permanent(_) => NextStep::DeadLetter,
        };
        match next {
            NextStep::Retry(wait) => {
                let job = decoded.job.id;
                postpone(context, transaction, job, attempts, &failure, wait).await?;
                completion.retries.push(Retry { job, wait });
                completion.outcomes.push((kind, "retry"));
            }
            NextStep::DeadLetter => {
                completed.push(decoded.job.id);
                let letter = dead_letter(decoded, row, attempts, &failure);
                completion.dead_letters.push(letter);
                completion.outcomes.push((kind, DEAD));
            }
        }
    }
    if !completed.is_empty() {
        writes.push(deletion(transaction, &completed).build(transaction.get_database_backend()));
    }
    writes.execute(transaction).await?;
    dead_letters::write(transaction, &completion.dead_letters, now).await?;
    Ok(completion)
}

/// Deletes the rows of completed jobs.
pub(super) async fn delete_rows<C: ConnectionTrait>(
    transaction: &C,
    ids: &[JobId],
) -> Result<(), InfrastructureError> {
    if !ids.is_empty() {
        deletion(transaction, ids).exec(transaction).await?;
    }
    Ok(())
}

fn deletion<C: ConnectionTrait>(transaction: &C, ids: &[JobId]) -> DeleteMany<Entity> {
    let backend = transaction.get_database_backend();
    Entity::delete_many().filter(bulk::among(backend, (Entity, Column::Id), ids))
}

/// Returns how much longer than its wait the lease of a retry is.
pub(super) fn retry_lease() -> TimeDelta {
    PROMOTION_DELAY + LEASE
}

/// Counts the attempt, and moves the lease beyond the retry so that the relay does not push it before.
async fn postpone(
    context: &Context,
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
            database_time::after(backend, &context.clock, wait + retry_lease()),
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

fn dead_letter(decoded: &DecodedJob, row: &Model, attempts: i32, failure: &Failure) -> DeadLetter {
    let kind = decoded.job.kind;
    DeadLetter {
        job_id: decoded.job.id.to_string(),
        queue: kind.queue.to_owned(),
        kind: kind.name.to_owned(),
        version: kind.version,
        payload: row.payload.clone(),
        subject: row.subject_id,
        error: failure.to_string(),
        attempts,
        history: row.history.clone(),
    }
}
