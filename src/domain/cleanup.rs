//! Rows whose time is over.
//!
//! The outbox needs none of this: a job's row goes in the transaction that ends the job.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::{
    jobs::scheduler::{self, Chore},
    store::{Database, Fault, prune},
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

    /// Removes what is over at `now`; how many rows.
    ///
    /// # Errors
    /// What the database says; batches before that stand.
    pub async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, Fault> {
        let mut removed = 0;
        for (table, column) in EXPIRING {
            let rows = prune::expired(&self.database, table, column, now).await?;
            if rows > 0 {
                tracing::info!(table, rows, "expired rows are gone");
            }
            removed += rows;
        }
        Ok(removed + scheduler::prune(&self.database, now).await?)
    }
}

#[async_trait]
impl Chore for Cleanup {
    async fn run(&self, now: DateTime<Utc>) -> Result<(), Fault> {
        self.sweep(now).await.map(|_| ())
    }
}
