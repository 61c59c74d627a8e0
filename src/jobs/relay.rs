//! The relay: pushes jobs whose first push was missed or whose queue was lost.
//!
//! A reconciler: woken on demand and every few seconds, it takes no input but the table and the
//! depth of the queue. A lost wake-up costs a delay and never a job.
//!
//! # Which jobs are missing
//!
//! Each row has its job in its queue, except for pushes that were missed or lost. Waiting retries are in
//! the delayed set, and their lease reaches beyond their time. So one sweep compares, for each
//! queue:
//!
//! - the jobs in the queue (ready, claimed, or about to become ready), counted first;
//! - the rows whose lease has expired or will expire within one [`LEASE`]: the expected jobs.
//!
//! Nothing is written as long as the queue holds as many jobs: a backlog may wait for hours (of mail, while
//! the SMTP server is unavailable) and costs a count of at most [`WINDOW`] index entries. Where rows are
//! missing, as many as are missing are pushed again, of those whose lease has expired, oldest first; their
//! lease is renewed in the same transaction, and what that update returned is pushed. Which of several due
//! rows is missing is not known, so a job may be pushed twice, and is done once. A list that holds
//! [`WINDOW`] jobs gets no more from here: the rest waits in the table until the list is shorter.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use sea_orm::{
    ColumnTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, LockBehavior, LockType, Query},
};
use tokio_util::sync::CancellationToken;

use super::{
    kind::Queues,
    outbox::{JobEnvelope, LEASE, RelayWaker},
};
use crate::{
    model::JobId,
    ops::Clock,
    store::{
        Database, InfrastructureError, bulk, by_index, database_time,
        entity::outbox_job::{Column, Entity, Model},
        ports::Queue,
    },
};

/// How often the relay sweeps without being woken.
const PERIOD: Duration = Duration::from_secs(5);
/// The same while a queue is full and more jobs wait in the table.
const SOON: Duration = Duration::from_millis(500);
/// The number of jobs that are leased and pushed at once.
const PAGE: u64 = 1_000;
/// The depth of a queue up to which more jobs are pushed: what the workers of an installation do in seconds,
/// and a few megabytes of Redis.
pub const WINDOW: u64 = 20_000;

/// What a sweep has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// The number of jobs that were pushed.
    pub pushed: u64,
    /// Whether a queue is full, so that more jobs may wait in the table.
    pub full: bool,
}

/// Pushes jobs that are missing in their queue.
pub struct Relay {
    database: Database,
    queue: Arc<dyn Queue>,
    clock: Clock,
    wake: RelayWaker,
}

impl Relay {
    /// Creates a relay between a database and its queues.
    #[must_use]
    pub fn new(database: Database, queue: Arc<dyn Queue>, clock: Clock, wake: RelayWaker) -> Self {
        Self {
            database,
            queue,
            clock,
            wake,
        }
    }

    /// Sweeps periodically, and whenever it is woken, until the shutdown signal.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let pause = match self.sweep(&stop).await {
                Ok(SweepReport { full: true, .. }) => SOON,
                Ok(_) => PERIOD,
                Err(error) => {
                    tracing::warn!(%error, "Could not compare the outbox with the queues; the relay tries again");
                    PERIOD
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.woken() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Compares every queue with its rows and pushes missing jobs. After the shutdown signal `stop` no
    /// further page is pushed.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database or a queue is unavailable.
    pub async fn sweep(
        &self,
        stop: &CancellationToken,
    ) -> Result<SweepReport, InfrastructureError> {
        let mut swept = SweepReport::default();
        for queue in Queues::ALL {
            let one = self.sweep_queue(queue, stop).await?;
            swept.pushed += one.pushed;
            swept.full |= one.full;
        }
        Ok(swept)
    }

    async fn sweep_queue(
        &self,
        queue: &str,
        stop: &CancellationToken,
    ) -> Result<SweepReport, InfrastructureError> {
        // The queue first: a job that is completed in between counts in both, or in the queue only.
        let depth = self.queue.depth(queue).await?;
        let present = depth.ready + depth.in_hand + depth.due;
        if present >= WINDOW {
            return Ok(SweepReport {
                pushed: 0,
                full: true,
            });
        }
        let expected = self.expected(queue).await?;
        let missing = expected.saturating_sub(present);
        let mut swept = SweepReport {
            pushed: 0,
            full: expected == WINDOW,
        };
        while swept.pushed < missing && !stop.is_cancelled() {
            let page = Ord::min(PAGE, missing - swept.pushed);
            let leased = self.lease(queue, page).await?;
            let count = u64::try_from(leased.len()).unwrap_or(page);
            let envelopes: Vec<_> = leased
                .into_iter()
                .map(|row| {
                    JobEnvelope {
                        id: row.id.to_string(),
                        kind: row.kind,
                        version: row.version,
                        payload: row.payload,
                    }
                    .envelope()
                })
                .collect();
            if !envelopes.is_empty() {
                // If this fails, the lease runs out and they are pushed by a later sweep.
                self.queue.push(queue, &envelopes).await?;
                tracing::info!(
                    queue.name = queue,
                    jobs = count,
                    "Pushed {count} jobs that were missing to queue {queue}"
                );
            }
            swept.pushed += count;
            if count < page {
                break;
            }
        }
        Ok(swept)
    }

    /// Returns how many jobs the queue should hold, up to [`WINDOW`].
    async fn expected(&self, queue: &str) -> Result<u64, InfrastructureError> {
        let rows = Query::select()
            .expr(Expr::val(1))
            .from(Entity)
            .and_where(Column::Queue.eq(queue))
            .and_where(Expr::col(Column::LeaseUntil).lte(self.after(LEASE)))
            .limit(WINDOW)
            .to_owned();
        let count = Query::select()
            .expr_as(Func::count(Expr::val(1)), "rows")
            .from_subquery(rows, "expected")
            .to_owned();
        let count = self.database.backend().build(&count);
        let rows = by_index::query_all(&self.database, count).await?;
        let rows: i64 = rows.first().map_or(Ok(0), |row| row.try_get("", "rows"))?;
        Ok(u64::try_from(rows).unwrap_or(0))
    }

    /// Renews the lease of up to `most` jobs whose lease has expired, oldest first, and returns
    /// them. Rows that another transaction has locked are skipped, so two relays never lease the same
    /// row.
    async fn lease(&self, queue: &str, most: u64) -> Result<Vec<Model>, InfrastructureError> {
        let backend = self.database.backend();
        let transaction = self.database.begin().await?;
        let mut due = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Queue.eq(queue))
            .filter(Expr::col(Column::LeaseUntil).lte(self.after(TimeDelta::zero())))
            .order_by_asc(Column::LeaseUntil)
            .order_by_asc(Column::Id)
            .limit(most);
        if backend == DatabaseBackend::Postgres {
            due = due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let ids: Vec<JobId> = due.into_tuple().all(&transaction).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut leased = Entity::update_many()
            .col_expr(Column::LeaseUntil, self.after(LEASE))
            .filter(bulk::among(backend, (Entity, Column::Id), &ids))
            .exec_with_returning(&transaction)
            .await?;
        transaction.commit().await?;
        // In the order in which they were enqueued.
        leased.sort_unstable_by_key(|row| row.id);
        Ok(leased)
    }

    /// Returns a time by the database's clock: other processes wrote the leases.
    fn after(&self, wait: TimeDelta) -> sea_orm::sea_query::SimpleExpr {
        database_time::after(self.database.backend(), &self.clock, wait)
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Relay")
    }
}
