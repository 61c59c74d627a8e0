//! Writing roster entries that are missing or out of date: before a roster is read, and in a scheduled task.
//!
//! Every registration is noted when it is made, so that registering does not wait for its entry. Who reads a roster
//! writes what is missing in it first; this task does it for those that nobody reads, a little at a time.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::{
    jobs::scheduler::{RunOutcome, ScheduledTask},
    model::CompetitionId,
    store::{Database, InfrastructureError, roster},
};

/// How many transactions a reader waits for that write missing entries: 20,000 registrations. More are missing only
/// while a rush is under way, or after an upgrade; the scheduled task writes them.
const TRANSACTIONS: usize = 40;

/// The pause between two transactions, in which others can write.
const PAUSE: Duration = Duration::from_millis(20);

/// Writes roster entries that are out of date.
#[derive(Debug)]
pub struct RosterUpdates(pub Database);

impl RosterUpdates {
    /// The name of the scheduled task.
    pub const TASK_NAME: &'static str = "roster-updates";
}

#[async_trait]
impl ScheduledTask for RosterUpdates {
    async fn run(
        &self,
        _now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        while !stop.is_cancelled() && roster::write_outdated(&self.0, None).await? > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(RunOutcome::unless_stopped(stop))
    }
}

/// Writes the entries of a roster that are missing or out of date, as long as a request may wait for it.
pub(in crate::domain) async fn complete_roster(
    database: &Database,
    id: CompetitionId,
) -> Result<(), InfrastructureError> {
    for _ in 0..TRANSACTIONS {
        if roster::write_outdated(database, Some(id)).await? == 0 {
            break;
        }
    }
    Ok(())
}
