//! Jobs whose effect is outside the database: claimed, performed, and only then completed.
//!
//! No transaction is open while another system takes its time. A claim takes its place: a time in the
//! outbox row until which no other worker touches the job, so that a job that was delivered twice is not
//! performed twice at the same time. If the process crashes after the effect and before the commit, the job
//! is performed again when the claim has expired. This module cannot prevent that; what is sent carries an
//! id by which the receiver can recognise a repeat.

use std::sync::Arc;

use chrono::TimeDelta;
use futures::{StreamExt, stream};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    bounded::{self, Interruption},
    completion::{self, Completion, LockedJobs, OnLocked},
    context::{Claimant, Context},
    decode::DecodedJob,
    failpoint::{self, Point},
    handler::{Effect, Failure, Job},
    span,
};
use crate::store::{
    ErrorKind, InfrastructureError, Writes, database_time,
    entity::outbox_job::{Column, Entity, Model},
};

/// The number of jobs that one worker performs at the same time.
const CONCURRENCY: usize = 4;
/// How often the completion of a job is tried whose row is locked. Each try waits for the lock; the
/// claim must hold for as long as all of them take (see [`CLAIM_MARGIN`]).
const COMPLETION_ATTEMPTS: u32 = 4;
/// How much longer than the job's time limit a claim holds.
const CLAIM_MARGIN: TimeDelta = TimeDelta::seconds(10);
/// By how much the two clocks that measure the wait of a retry may differ.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(1);

/// Performs jobs one by one, [`CONCURRENCY`] at the same time, or one where the queue is slow. None is begun after
/// the shutdown signal, or while the queue waits.
pub(super) async fn run_group(
    context: &Context,
    claimant: &Claimant<'_>,
    effect: &Arc<dyn Effect>,
    group: &[DecodedJob],
    shutdown: &CancellationToken,
) -> Result<(), InfrastructureError> {
    let runs: Vec<_> = group
        .iter()
        .map(|job| {
            let span = span::of_group(claimant, std::slice::from_ref(job));
            run(context, claimant, effect, job, shutdown).instrument(span)
        })
        .collect();
    let concurrency = match context.pace.is_slow(claimant.queue) {
        true => 1,
        false => CONCURRENCY,
    };
    let results: Vec<_> = stream::iter(runs)
        .buffer_unordered(concurrency)
        .collect()
        .await;
    results.into_iter().collect()
}

async fn run(
    context: &Context,
    claimant: &Claimant<'_>,
    effect: &Arc<dyn Effect>,
    decoded: &DecodedJob,
    shutdown: &CancellationToken,
) -> Result<(), InfrastructureError> {
    let group = std::slice::from_ref(decoded);
    let waits = context.pace.wait(claimant.queue, context.clock.now());
    if shutdown.is_cancelled() || waits.is_some() {
        return Ok(context.give_back(claimant, group).await?);
    }
    let completion = match claim(context, decoded).await? {
        EffectClaim::Granted(row) => {
            span::record_attempt(row.attempts);
            let job = Job {
                payload: row.payload,
                ..decoded.job.clone()
            };
            match perform(context, effect, &job, shutdown).await {
                Ok(result) => complete(context, effect, decoded, &job, result).await?,
                // The effect may have happened: the claim keeps other workers away for a while.
                Err(Shutdown) => return Ok(context.give_back(claimant, group).await?),
            }
        }
        // If that worker crashes, this retry runs the job again.
        EffectClaim::HeldByOther { wait } => Completion::of_postponed(decoded.job.id, wait),
        EffectClaim::Completed => Completion::of_duplicate(decoded.job.kind),
        EffectClaim::RowLocked => Completion::of_locked([&decoded.job.id]),
    };
    completion.settle(context, claimant, group).await
}

/// The shutdown signal interrupted an effect.
struct Shutdown;

/// Performs the effect, bounded in time.
async fn perform(
    context: &Context,
    effect: &Arc<dyn Effect>,
    job: &Job,
    shutdown: &CancellationToken,
) -> Result<Result<bool, Failure>, Shutdown> {
    let started = std::time::Instant::now();
    let turn = context.pace.turn(job.kind.queue);
    let work = {
        let (effect, job, now) = (effect.clone(), job.clone(), context.clock.now());
        async move { effect.perform(&job, now).await }
    };
    let result = match bounded::run(work, context.job_timeout, shutdown).await {
        Ok(result) => result,
        Err(Interruption::Failed(error)) => Err(Failure::Transient(error)),
        Err(Interruption::Shutdown) => return Err(Shutdown),
    };
    match &result {
        Ok(true) => context.pace.succeeded(job.kind, job.id, turn),
        Err(Failure::Congested(error)) => {
            context
                .pace
                .refused(job.kind, job.id, turn, error, context.clock.now());
        }
        _ => {}
    }
    metrics::histogram!("mc_job_duration_seconds", "kind" => job.kind.name)
        .record(started.elapsed().as_secs_f64());
    failpoint::reach(Point::AfterEffect).await;
    Ok(result)
}

/// Completes a job, several times if its row is locked: an effect that has happened would otherwise
/// be repeated.
async fn complete(
    context: &Context,
    effect: &Arc<dyn Effect>,
    decoded: &DecodedJob,
    job: &Job,
    result: Result<bool, Failure>,
) -> Result<Completion, InfrastructureError> {
    let mut attempts = 1;
    loop {
        match complete_once(context, effect, decoded, job, result.clone()).await {
            Err(error)
                if error.kind() == ErrorKind::LockTimeout && attempts < COMPLETION_ATTEMPTS =>
            {
                attempts += 1;
            }
            completed => return completed,
        }
    }
}

async fn complete_once(
    context: &Context,
    effect: &Arc<dyn Effect>,
    decoded: &DecodedJob,
    job: &Job,
    result: Result<bool, Failure>,
) -> Result<Completion, InfrastructureError> {
    let group = std::slice::from_ref(decoded);
    let now = context.clock.now();
    let transaction = context.database.begin().await?;
    let LockedJobs { rows, .. } = completion::lock(&transaction, group, OnLocked::Wait).await?;
    if matches!(result, Ok(true)) {
        effect.record(&transaction, job, now).await?;
    }
    let results = vec![result.map(drop)];
    let writes = Writes::default();
    let completion =
        completion::complete(context, &transaction, group, &rows, results, writes, now).await?;
    transaction.commit().await?;
    Ok(completion)
}

/// The result of a claim of a job.
enum EffectClaim {
    /// This worker may perform the job, which has this row.
    Granted(Box<Model>),
    /// Another worker may be performing it, for this long at most.
    HeldByOther { wait: TimeDelta },
    /// There is nothing to do: the row is gone, or the job waits for its next attempt.
    Completed,
    /// Another transaction has locked the row.
    RowLocked,
}

/// Claims the job by the database's clock: a claim that one machine made holds for all machines.
async fn claim(
    context: &Context,
    decoded: &DecodedJob,
) -> Result<EffectClaim, InfrastructureError> {
    let longest = TimeDelta::from_std(context.job_timeout).unwrap_or(CLAIM_MARGIN) + CLAIM_MARGIN;
    let after = |wait| database_time::after(context.database.backend(), &context.clock, wait);
    let transaction = context.database.begin().await?;
    let group = std::slice::from_ref(decoded);
    let LockedJobs { rows, locked } =
        completion::lock(&transaction, group, OnLocked::Report).await?;
    let Some(row) = rows.get(&decoded.job.id) else {
        transaction.rollback().await?;
        return Ok(match locked.is_empty() {
            true => EffectClaim::Completed,
            false => EffectClaim::RowLocked,
        });
    };
    // The lease of a job that waits for its retry reaches beyond that time. If the job is delivered
    // again before, it must be neither performed nor counted.
    let its_turn = Condition::any()
        .add(Column::Attempts.eq(0))
        .add(Expr::col(Column::LeaseUntil).lte(after(completion::retry_lease() + CLOCK_TOLERANCE)));
    let unclaimed = Condition::any()
        .add(Column::ClaimedUntil.is_null())
        .add(Expr::col(Column::ClaimedUntil).lte(after(TimeDelta::zero())));
    let claimed = Entity::update_many()
        .col_expr(Column::ClaimedUntil, after(longest))
        .filter(Column::Id.eq(decoded.job.id))
        .filter(unclaimed)
        .filter(its_turn)
        .exec_with_returning(&transaction)
        .await?;
    if let Some(row) = claimed.into_iter().next() {
        transaction.commit().await?;
        return Ok(EffectClaim::Granted(Box::new(row)));
    }
    // Not left to the drop, which may come after the next worker has found the row locked.
    transaction.rollback().await?;
    Ok(match row.claimed_until {
        Some(_) => EffectClaim::HeldByOther { wait: longest },
        None => EffectClaim::Completed,
    })
}
