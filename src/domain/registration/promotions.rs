//! The scheduled task that promotes waitlists which were left with free seats.
//!
//! One transaction promotes a bounded number of registrations, and its process goes on with the next. If
//! the process crashes in between, only the competition's counters show that something is left to do. This
//! task reads them every minute and goes on.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio_util::sync::CancellationToken;

use super::service::Registrations;
use crate::{
    jobs::scheduler::{RunOutcome, ScheduledTask},
    model::{CompetitionId, CompetitionStatus},
    store::{
        InfrastructureError,
        entity::competition::{Column, Entity},
    },
};

/// The number of competitions that are read at a time.
const PAGE_SIZE: u64 = 100;

/// Promotes waitlists that were left with free seats.
#[derive(Debug, Clone)]
pub struct Promotions(pub Registrations);

#[async_trait]
impl ScheduledTask for Promotions {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        let mut after: Option<CompetitionId> = None;
        loop {
            let mut query = Entity::existing()
                .select_only()
                .column(Column::Id)
                .filter(Column::Waitlisted.gt(0))
                .filter(Column::SeatsLeft.gt(0))
                .filter(Column::Status.eq(CompetitionStatus::Published))
                .filter(Column::StartsAt.gt(now))
                .order_by_asc(Column::Id)
                .limit(PAGE_SIZE);
            if let Some(after) = after {
                query = query.filter(Column::Id.gt(after));
            }
            let found: Vec<CompetitionId> = query.into_tuple().all(self.0.database.read()).await?;
            for competition in &found {
                if stop.is_cancelled() {
                    return Ok(RunOutcome::Interrupted);
                }
                tracing::info!(competition.id = %competition, "Competition {competition} has free seats and a waitlist; promoting its waitlist");
                if let Err(error) = self.0.promote_waitlist(*competition).await {
                    tracing::warn!(competition.id = %competition, %error, "Could not promote the waitlist of competition {competition}; the next run tries again");
                }
            }
            match found.last() {
                Some(last) => after = Some(*last),
                None => return Ok(RunOutcome::Complete),
            }
        }
    }
}
