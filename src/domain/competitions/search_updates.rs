//! The scheduled task that writes search documents which are out of date.
//!
//! Usually there are none: each change writes its own. There are after an upgrade, while processes of an
//! earlier release run, and after a change of the database by other means.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::changes::Changes,
    jobs::scheduler::{RunOutcome, ScheduledTask},
    store::{Database, InfrastructureError, search},
};

/// Writes search documents that are out of date. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SearchUpdates {
    database: Database,
    changes: Changes,
}

impl SearchUpdates {
    /// The name of the scheduled task.
    pub const TASK_NAME: &'static str = "search-updates";

    /// Creates the task over a database.
    #[must_use]
    pub fn new(database: Database, changes: Changes) -> Self {
        Self { database, changes }
    }

    /// Writes documents, at most `transactions` times 200, until none is out of date or the shutdown signal
    /// `stop` comes. Returns the number of changes that were applied.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable. What was written before that
    /// stays.
    pub async fn apply(
        &self,
        transactions: usize,
        stop: &CancellationToken,
    ) -> Result<u64, InfrastructureError> {
        let mut applied = 0;
        for _ in 0..transactions {
            let changes = search::write_outdated(&self.database).await?;
            applied += changes;
            if changes == 0 || stop.is_cancelled() {
                break;
            }
        }
        if applied > 0 {
            self.changes.publish_everything().await;
            tracing::info!(
                count = applied,
                "Applied {applied} changes of competitions to the search index"
            );
        }
        Ok(applied)
    }
}

#[async_trait]
impl ScheduledTask for SearchUpdates {
    async fn run(
        &self,
        _now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        self.apply(usize::MAX, stop).await?;
        Ok(RunOutcome::unless_stopped(stop))
    }
}
