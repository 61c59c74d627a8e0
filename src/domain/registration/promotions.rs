//! Looks for seats that are free while people queue for them.
//!
//! One transaction seats a bounded number of people of the queue, and its process goes on with the
//! next. If that process dies in between, nothing but the competition's own numbers tells that
//! something is left to do: this task reads them, every minute, and has the queue served.

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

/// Competitions read at once.
const PAGE: u64 = 100;

/// Serves queues that were left with free seats.
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
                .limit(PAGE);
            if let Some(after) = after {
                query = query.filter(Column::Id.gt(after));
            }
            let found: Vec<CompetitionId> = query.into_tuple().all(self.0.database.read()).await?;
            for competition in &found {
                if stop.is_cancelled() {
                    return Ok(RunOutcome::Interrupted);
                }
                tracing::info!(%competition, "seats are free while people queue: they are seated");
                if let Err(error) = self.0.promote_waitlist(*competition).await {
                    tracing::warn!(%competition, %error, "the queue was not served; it is tried again");
                }
            }
            match found.last() {
                Some(last) => after = Some(*last),
                None => return Ok(RunOutcome::Complete),
            }
        }
    }
}
