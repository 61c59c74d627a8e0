//! Jobs whose effect is outside the database: claimed, done, and only then ended.
//!
//! No transaction is open while strangers take their time. In its place stands a claim: a moment
//! in the outbox row until which nobody else touches the job, so that a job delivered twice is not
//! done twice at once. Who dies after the effect and before the commit has it done again when the
//! claim has run out; nothing can prevent that from here (what is sent bears an id by which the
//! other side can tell).

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use tokio_util::sync::CancellationToken;

use super::{
    Effect, Failure,
    failpoint::{self, Point},
    finish::{self, Finish, Locked, Retry, Rows},
    outbox::LEASE,
    read::Read,
    worker::{Hand, Worker},
};
use crate::store::{
    Fault,
    entity::outbox_job::{Column, Entity, Model},
};

/// Jobs of one worker that are under way at the same time.
const AT_ONCE: usize = 4;
/// How much longer than the job's time limit a claim holds.
const SLACK: TimeDelta = TimeDelta::seconds(10);

/// Does jobs one by one, a few at the same time; after the word to stop none is begun.
pub(super) async fn all(
    worker: &Worker,
    hand: &Hand<'_>,
    effect: &Arc<dyn Effect>,
    group: &[Read],
    stop: &CancellationToken,
) -> Result<(), Fault> {
    let begun: Vec<_> = group
        .iter()
        .map(|read| unless_stopped(worker, hand, effect, read, stop))
        .collect();
    let results: Vec<_> = stream::iter(begun)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    results.into_iter().collect()
}

async fn unless_stopped(
    worker: &Worker,
    hand: &Hand<'_>,
    effect: &Arc<dyn Effect>,
    read: &Read,
    stop: &CancellationToken,
) -> Result<(), Fault> {
    if stop.is_cancelled() {
        return worker.give_back(hand, std::slice::from_ref(read)).await;
    }
    one(worker, hand, effect, read).await
}

async fn one(
    worker: &Worker,
    hand: &Hand<'_>,
    effect: &Arc<dyn Effect>,
    read: &Read,
) -> Result<(), Fault> {
    let group = std::slice::from_ref(read);
    let row = match claim(worker, read).await? {
        Claim::Ours(row) => row,
        // Somebody else is at it. If they die, this is how it comes back.
        Claim::Theirs(until) => {
            let retries = vec![Retry {
                job: read.job.id,
                due: until,
            }];
            let finish = Finish {
                retries,
                ..Finish::default()
            };
            return worker.settle(hand, group, finish).await;
        }
        Claim::Held => {
            let finish = Finish::held([&read.job.id], worker.clock.now());
            return worker.settle(hand, group, finish).await;
        }
    };
    let mut job = read.job.clone();
    if let Some(row) = row {
        job.payload = row.payload;
    }
    let begun = std::time::Instant::now();
    let work = {
        let (effect, job, now) = (effect.clone(), job.clone(), worker.clock.now());
        let timeout = worker.timeout;
        // A task of its own: a panic ends it, not the worker.
        tokio::spawn(async move { tokio::time::timeout(timeout, effect.perform(&job, now)).await })
    };
    let end = match work.await {
        Ok(Ok(end)) => end,
        Ok(Err(_elapsed)) => Err(Failure::Transient(too_slow(worker.timeout))),
        Err(join) => Err(Failure::Transient(panicked(join))),
    };
    metrics::histogram!("mc_job_duration_seconds", "kind" => job.kind.as_str())
        .record(begun.elapsed().as_secs_f64());
    failpoint::reach(Point::AfterEffect).await;

    let now = worker.clock.now();
    let transaction = worker.database.begin().await?;
    let Rows { rows, .. } = finish::lock(&transaction, group, Locked::Wait).await?;
    if matches!(end, Ok(true)) {
        effect.note(&transaction, &job, now).await?;
    }
    let finish = finish::end(worker, &transaction, group, &rows, vec![end.map(drop)], now).await?;
    transaction.commit().await?;
    worker.settle(hand, group, finish).await
}

enum Claim {
    /// Nobody else is at it; with its row, if it has one.
    Ours(Option<Box<Model>>),
    /// Somebody else is, until then at most.
    Theirs(DateTime<Utc>),
    /// Another transaction holds its row.
    Held,
}

async fn claim(worker: &Worker, read: &Read) -> Result<Claim, Fault> {
    let now = worker.clock.now();
    let transaction = worker.database.begin().await?;
    let Rows { rows, held } =
        finish::lock(&transaction, std::slice::from_ref(read), Locked::Skip).await?;
    if !held.is_empty() {
        return Ok(Claim::Held);
    }
    let Some(row) = rows.into_values().next() else {
        return Ok(Claim::Ours(None));
    };
    if let Some(until) = row.claimed_until.filter(|until| *until > now) {
        return Ok(Claim::Theirs(until));
    }
    let timeout = TimeDelta::from_std(worker.timeout).unwrap_or(SLACK);
    let until = now + timeout + SLACK;
    Entity::update_many()
        .col_expr(Column::ClaimedUntil, Expr::value(until))
        .col_expr(Column::LeaseUntil, Expr::value(until + LEASE))
        .filter(Column::Id.eq(row.id))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(Claim::Ours(Some(Box::new(row))))
}

pub(super) fn too_slow(timeout: Duration) -> String {
    format!("took longer than {} s", timeout.as_secs())
}

/// What a panic said, as far as that can be read.
pub(super) fn panicked(join: tokio::task::JoinError) -> String {
    let Ok(panic) = join.try_into_panic() else {
        return "was cancelled".to_owned();
    };
    let said = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    format!("panicked: {said}")
}
