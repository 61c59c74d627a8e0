//! The scheduled task that writes roster entries which are missing or out of date.
//!
//! Every registration is noted when it is made, so that registering does not wait for its entry. Who reads a roster
//! writes what is missing in it first; this task does it for those that nobody reads, a little at a time.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::{
    jobs::scheduler::{RunOutcome, ScheduledTask},
    store::{Database, InfrastructureError, roster},
};

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
