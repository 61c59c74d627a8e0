//! Rows whose time is over.
//!
//! The outbox needs none of this: a job's row goes in the transaction that ends the job.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use super::audit;
use crate::{
    jobs::scheduler::{self, RunOutcome, ScheduledTask},
    store::{Database, InfrastructureError, prune},
};

/// Where, and when a row is over.
const EXPIRING: &[(&str, &str)] = &[
    ("idempotency_logs", "expires_at"),
    ("sessions", "expires_at"),
    ("refresh_tokens", "expires_at"),
];

/// Removes expired rows, a bounded batch at a time.
#[derive(Debug, Clone)]
pub struct Cleanup {
    database: Database,
}

impl Cleanup {
    /// Over a database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Removes what is over at `now`, until the shutdown signal `stop`.
    ///
    /// # Errors
    /// What the database says; batches before that stand.
    pub async fn sweep(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        for (table, column) in EXPIRING {
            let rows = prune::delete_expired(&self.database, table, column, now, stop).await?;
            if rows > 0 {
                tracing::info!(table, rows, "expired rows are gone");
            }
        }
        let kept_from = now - TimeDelta::days(audit::KEPT_DAYS);
        let (table, column) = ("audit_events", "occurred_at");
        prune::delete_expired(&self.database, table, column, kept_from, stop).await?;
        if !stop.is_cancelled() {
            scheduler::prune(&self.database, now).await?;
        }
        Ok(RunOutcome::unless_stopped(stop))
    }
}

#[async_trait]
impl ScheduledTask for Cleanup {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        self.sweep(now, stop).await
    }
}
