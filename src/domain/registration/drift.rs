//! The books, checked: every competition's counter against the rows it stands for.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Statement};
use tokio_util::sync::CancellationToken;

use crate::{
    jobs::scheduler::{Chore, End},
    store::{Database, Fault},
};

/// Counts the competitions whose counter and rows disagree, and shows it as `mc_seat_drift`.
#[derive(Debug, Clone)]
pub struct SeatDrift {
    database: Database,
}

impl SeatDrift {
    /// Over a database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// How many competitions' counters are wrong; must be 0. One statement, so that counter and
    /// rows are of one moment.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count(&self) -> Result<u64, Fault> {
        // Aggregates over a join with a grouped subquery: plainer as text than as a tree.
        let sql = "SELECT COUNT(*) AS drift FROM competitions c LEFT JOIN (\
                     SELECT competition_id, \
                       SUM(CASE WHEN status IN ('PENDING', 'CONFIRMED') THEN 1 ELSE 0 END) AS seated, \
                       SUM(CASE WHEN status = 'WAITLISTED' THEN 1 ELSE 0 END) AS queued \
                     FROM registrations GROUP BY competition_id\
                   ) r ON r.competition_id = c.id \
                   WHERE c.capacity - c.seats_left <> COALESCE(r.seated, 0) \
                      OR c.waitlisted <> COALESCE(r.queued, 0)";
        let connection = self.database.read();
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await?;
        let drift: i64 = match row {
            Some(row) => row.try_get("", "drift")?,
            None => 0,
        };
        Ok(u64::try_from(drift).unwrap_or(0))
    }
}

#[async_trait]
impl Chore for SeatDrift {
    async fn run(&self, _now: DateTime<Utc>, _stop: &CancellationToken) -> Result<End, Fault> {
        let drift = self.count().await?;
        if drift > 0 {
            tracing::error!(competitions = drift, "seat counters and rows disagree");
        }
        #[allow(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("mc_seat_drift").set(drift as f64);
        Ok(End::Complete)
    }
}
