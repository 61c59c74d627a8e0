//! Jobs whose effect is outside the database: claimed, done, and only then ended.
//!
//! No transaction is open while strangers take their time. In its place stands a claim: a moment
//! in the outbox row until which nobody else touches the job, so that a job delivered twice is not
//! done twice at once. Who dies after the effect and before the commit has it done again when the
//! claim has run out; nothing can prevent that from here (what is sent bears an id by which the
//! other side can tell).

use std::sync::Arc;

use chrono::TimeDelta;
use futures::{StreamExt, stream};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use tokio_util::sync::CancellationToken;

use super::{
    Effect, Failure, Job,
    bounded::{self, Cut},
    completion::{self, Completion, DUPLICATE, Locked, Retry, Rows},
    decode::DecodedJob,
    failpoint::{self, Point},
    worker::{Claimant, Worker},
};
use crate::store::{
    ErrorKind, InfrastructureError, database_time,
    entity::outbox_job::{Column, Entity, Model},
};

/// Jobs of one worker that are under way at the same time.
const AT_ONCE: usize = 4;
/// How often the end of a job is written whose row is held: each time it is waited for, and that as
/// long as the claim holds (`SLACK`).
const TRIES: u32 = 4;
/// How much longer than the job's time limit a claim holds.
const SLACK: TimeDelta = TimeDelta::seconds(10);
/// By how much the wait of a retry may differ between the two clocks that measure it.
const TOLERANCE: TimeDelta = TimeDelta::seconds(1);

/// Does jobs one by one, a few at the same time; after the word to stop none is begun.
pub(super) async fn all(
    worker: &Worker,
    claimant: &Claimant<'_>,
    effect: &Arc<dyn Effect>,
    group: &[DecodedJob],
    stop: &CancellationToken,
) -> Result<(), InfrastructureError> {
    let begun: Vec<_> = group
        .iter()
        .map(|read| unless_stopped(worker, claimant, effect, read, stop))
        .collect();
    let results: Vec<_> = stream::iter(begun)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    results.into_iter().collect()
}

async fn unless_stopped(
    worker: &Worker,
    claimant: &Claimant<'_>,
    effect: &Arc<dyn Effect>,
    read: &DecodedJob,
    stop: &CancellationToken,
) -> Result<(), InfrastructureError> {
    if stop.is_cancelled() {
        return worker.give_back(claimant, std::slice::from_ref(read)).await;
    }
    one(worker, claimant, effect, read, stop).await
}

async fn one(
    worker: &Worker,
    claimant: &Claimant<'_>,
    effect: &Arc<dyn Effect>,
    read: &DecodedJob,
    stop: &CancellationToken,
) -> Result<(), InfrastructureError> {
    let group = std::slice::from_ref(read);
    let row = match claim(worker, read).await? {
        Claim::Ours(row) => row,
        // Another worker is at it. If that one dies, this is how the job comes back.
        Claim::Theirs { wait } => {
            let job = read.job.id;
            let finish = Completion {
                retries: vec![Retry { job, wait }],
                ..Completion::default()
            };
            return worker.settle(claimant, group, finish).await;
        }
        Claim::Over => {
            let finish = Completion {
                outcomes: vec![(read.job.kind, DUPLICATE)],
                ..Completion::default()
            };
            return worker.settle(claimant, group, finish).await;
        }
        Claim::Held => {
            let finish = Completion::held([&read.job.id]);
            return worker.settle(claimant, group, finish).await;
        }
    };
    let job = Job {
        payload: row.payload,
        ..read.job.clone()
    };
    let begun = std::time::Instant::now();
    let work = {
        let (effect, job, now) = (effect.clone(), job.clone(), worker.clock.now());
        async move { effect.perform(&job, now).await }
    };
    let end = match bounded::run(work, worker.timeout, stop).await {
        Ok(end) => end,
        Err(Cut::Failed(why)) => Err(Failure::Transient(why)),
        // It may have had its effect: the claim keeps others from it for a while yet.
        Err(Cut::Shutdown) => return worker.give_back(claimant, group).await,
    };
    metrics::histogram!("mc_job_duration_seconds", "kind" => job.kind.as_str())
        .record(begun.elapsed().as_secs_f64());
    failpoint::reach(Point::AfterEffect).await;

    let mut tries = 1;
    let finish = loop {
        match conclude(worker, effect, read, &job, end.clone()).await {
            // What has had its effect would have it again.
            Err(fault) if fault.kind() == ErrorKind::LockTimeout && tries < TRIES => tries += 1,
            finish => break finish?,
        }
    };
    worker.settle(claimant, group, finish).await
}

/// Writes down how the job went.
async fn conclude(
    worker: &Worker,
    effect: &Arc<dyn Effect>,
    read: &DecodedJob,
    job: &Job,
    end: Result<bool, Failure>,
) -> Result<Completion, InfrastructureError> {
    let group = std::slice::from_ref(read);
    let now = worker.clock.now();
    let transaction = worker.database.begin().await?;
    let Rows { rows, .. } = completion::lock(&transaction, group, Locked::Wait).await?;
    if matches!(end, Ok(true)) {
        effect.record(&transaction, job, now).await?;
    }
    let finish =
        completion::end(worker, &transaction, group, &rows, vec![end.map(drop)], now).await?;
    transaction.commit().await?;
    Ok(finish)
}

enum Claim {
    /// Nobody else is at it; with its row.
    Ours(Box<Model>),
    /// Another worker is, for so long at most.
    Theirs { wait: TimeDelta },
    /// There is nothing to do: its row is gone, or it waits for its next try.
    Over,
    /// Another transaction holds its row.
    Held,
}

/// Claims the job, by the database's clock: a claim that one machine made holds for all.
async fn claim(worker: &Worker, read: &DecodedJob) -> Result<Claim, InfrastructureError> {
    let longest = TimeDelta::from_std(worker.timeout).unwrap_or(SLACK) + SLACK;
    let after = |wait| database_time::after(worker.database.backend(), &worker.clock, wait);
    let transaction = worker.database.begin().await?;
    let Rows { rows, held } =
        completion::lock(&transaction, std::slice::from_ref(read), Locked::Skip).await?;
    let Some(row) = rows.get(&read.job.id) else {
        transaction.rollback().await?;
        return Ok(match held.is_empty() {
            true => Claim::Over,
            false => Claim::Held,
        });
    };
    // One whose retry waits has a lease beyond that time. If it is delivered once more meanwhile, it
    // must not be tried, and counted, once more.
    let its_turn = Condition::any()
        .add(Column::Attempts.eq(0))
        .add(Expr::col(Column::LeaseUntil).lte(after(completion::retry_lease() + TOLERANCE)));
    let free = Condition::any()
        .add(Column::ClaimedUntil.is_null())
        .add(Expr::col(Column::ClaimedUntil).lte(after(TimeDelta::zero())));
    let claimed = Entity::update_many()
        .col_expr(Column::ClaimedUntil, after(longest))
        .filter(Column::Id.eq(read.job.id))
        .filter(free)
        .filter(its_turn)
        .exec_with_returning(&transaction)
        .await?;
    if let Some(row) = claimed.into_iter().next() {
        transaction.commit().await?;
        return Ok(Claim::Ours(Box::new(row)));
    }
    // Not left to the drop, which may come after the next worker has found the row locked.
    transaction.rollback().await?;
    Ok(match row.claimed_until {
        Some(_) => Claim::Theirs { wait: longest },
        None => Claim::Over,
    })
}
