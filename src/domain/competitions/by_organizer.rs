//! The competitions of one organizer that everyone may see.

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::Competitions;
use crate::{
    domain::Result,
    model::{CompetitionStatus, CompetitionView, UserId},
    store::entity::competition::{Column, Entity},
};

/// The number of competitions that are shown before they start.
const UPCOMING: u64 = 60;
/// The number of competitions that are shown after they started.
const EARLIER: u64 = 12;

impl Competitions {
    /// Returns the published competitions of an organizer: up to 60 that have not started, the soonest
    /// first, and then up to 12 that have, the latest first. Each part is one range of an index.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn published_by(&self, organizer: UserId) -> Result<Vec<CompetitionView>> {
        let now = self.clock.now();
        let published = Entity::existing()
            .filter(Column::OrganizerId.eq(organizer))
            .filter(Column::Status.eq(CompetitionStatus::Published));
        let upcoming = published
            .clone()
            .filter(Column::StartsAt.gt(now))
            .order_by_asc(Column::StartsAt)
            .order_by_asc(Column::Id);
        let earlier = published
            .filter(Column::StartsAt.lte(now))
            .order_by_desc(Column::StartsAt)
            .order_by_desc(Column::Id);
        let mut found = self.views(upcoming, 0, UPCOMING).await?;
        found.extend(self.views(earlier, 0, EARLIER).await?);
        Ok(found)
    }
}
