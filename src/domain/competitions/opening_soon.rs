//! The competitions whose registration opens next.

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::Competitions;
use crate::{
    domain::Result,
    model::{CompetitionStatus, CompetitionView},
    store::entity::competition::{Column, Entity},
};

impl Competitions {
    /// Returns up to `count` published competitions whose registration has not opened and is not paused, in the order in which
    /// they open: the beginning of a range of the index on `opens_at`.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn opening_soon(&self, count: u64) -> Result<Vec<CompetitionView>> {
        let query = Entity::existing()
            .filter(Column::OpensAt.gt(self.clock.now()))
            .filter(Column::Status.eq(CompetitionStatus::Published))
            .filter(Column::Paused.eq(false))
            .order_by_asc(Column::OpensAt)
            .order_by_asc(Column::Id);
        self.views(query, 0, count).await
    }
}
