//! The relay: pushes jobs whose first push was missed or whose list was lost.
//!
//! A reconciler: woken on demand and every few seconds, it takes no input but the table. A lost
//! wake-up costs a delay and never a job.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    Queues,
    outbox::{LEASE, Ticket},
};
use crate::{
    ops::Clock,
    store::{
        Database, Fault, bulk,
        entity::outbox_job::{Column, Entity},
        ports::{Envelope, Queue},
    },
};

/// How often it looks by itself.
const PERIOD: Duration = Duration::from_secs(5);
/// Jobs pushed at once.
const PAGE: u64 = 1_000;

/// Wakes the relay. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Asks for a look soon.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

/// Pushes what was missed.
pub struct Relay {
    database: Database,
    queue: Arc<dyn Queue>,
    clock: Clock,
    wake: Wake,
}

impl Relay {
    /// Over a database and a queue.
    #[must_use]
    pub fn new(database: Database, queue: Arc<dyn Queue>, clock: Clock, wake: Wake) -> Self {
        Self {
            database,
            queue,
            clock,
            wake,
        }
    }

    /// Looks again and again, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(fault) = self.sweep().await {
                tracing::warn!(%fault, "the relay looks again later");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.0.notified() => {}
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
    }

    /// One look at every queue; how many jobs it pushed.
    ///
    /// # Errors
    /// When database or queue are away.
    pub async fn sweep(&self) -> Result<u64, Fault> {
        let mut pushed = 0;
        for queue in Queues::ALL {
            pushed += self.sweep_queue(queue).await?;
        }
        Ok(pushed)
    }

    async fn sweep_queue(&self, queue: &str) -> Result<u64, Fault> {
        let now = self.clock.now();
        let mut pushed = 0;
        loop {
            let due = Entity::find()
                .filter(Column::Queue.eq(queue))
                .filter(Column::LeaseUntil.lte(now))
                .order_by_asc(Column::LeaseUntil)
                .order_by_asc(Column::Id)
                .limit(PAGE)
                .all(self.database.read())
                .await?;
            if due.is_empty() {
                return Ok(pushed);
            }
            // A lease also runs out while a job waits in a long list. Only if the list holds less
            // than there is to do has something been missed or lost; a job that is pushed twice is
            // done once.
            let waiting = self.queue.depth(queue).await?.total();
            let open = Entity::find()
                .filter(Column::Queue.eq(queue))
                .count(self.database.read())
                .await?;
            let missing = open > waiting;
            let ids: Vec<_> = due.iter().map(|row| row.id).collect();
            // The lease first: two processes that sweep together push a job twice at worst, and
            // who dies in between costs one more lease.
            self.extend(&ids, now).await?;
            if missing {
                let envelopes: Vec<Envelope> = due
                    .into_iter()
                    .map(|row| {
                        Ticket {
                            id: row.id.to_string(),
                            kind: row.kind,
                            version: row.version,
                            payload: row.payload,
                        }
                        .envelope()
                    })
                    .collect();
                self.queue.push(queue, &envelopes).await?;
                pushed += u64::try_from(envelopes.len()).unwrap_or(0);
                tracing::info!(queue, jobs = envelopes.len(), "jobs were pushed again");
            }
        }
    }

    async fn extend(&self, ids: &[crate::model::JobId], now: DateTime<Utc>) -> Result<(), Fault> {
        Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(now + LEASE))
            .filter(bulk::among(
                self.database.backend(),
                (Entity, Column::Id),
                ids,
            ))
            .filter(Column::LeaseUntil.lte(now))
            .exec(self.database.write())
            .await?;
        Ok(())
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Relay")
    }
}
