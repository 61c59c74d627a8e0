//! Everybody's competitions, drafts included, for administrators.

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Competitions, listing};
use crate::{
    domain::{Actor, Result},
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, Page, Phase, Role,
        forms::{CompetitionFilter, LIST_TOTAL_MAX, MOST_MATCHES, Paging, Sort},
    },
    store::{
        bulk,
        entity::competition::{Column, Entity},
    },
};

impl Competitions {
    /// Returns a page of everybody's competitions that match the filter, for an administrator. A search finds public
    /// competitions like that of everyone, and behind them the drafts that contain its words, among the newest
    /// [`LIST_TOTAL_MAX`] drafts.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`](crate::model::DomainError::Forbidden) unless `actor` is an administrator.
    pub async fn all(
        &self,
        actor: Actor,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        actor.must_be(Role::Admin)?;
        let Some(search) = &filter.search else {
            return self.list_with_drafts(filter, paging).await;
        };
        let only_drafts =
            filter.status == Some(CompetitionStatus::Draft) || filter.phase == Some(Phase::Draft);
        let mut ids = match only_drafts {
            true => Vec::new(),
            false => self.matches(search, filter, MOST_MATCHES).await?,
        };
        let drafts = CompetitionFilter {
            sort: Sort::Newest,
            ..filter.clone()
        };
        ids.extend(self.matching_drafts(&drafts).await?);
        self.page_of_matches(&ids, Entity::existing(), filter.sort, paging)
            .await
    }

    /// Returns the drafts among the newest ones that match a filter, the newest first. Drafts are not in the search index.
    async fn matching_drafts(&self, filter: &CompetitionFilter) -> Result<Vec<CompetitionId>> {
        let newest = CompetitionFilter {
            status: Some(CompetitionStatus::Draft),
            sort: Sort::Newest,
            ..CompetitionFilter::default()
        };
        let newest = self.newest_with_drafts(&newest, LIST_TOTAL_MAX).await?;
        if newest.is_empty() {
            return Ok(Vec::new());
        }
        let backend = self.database.backend();
        let among = bulk::among(backend, (Entity, Column::Id), &newest);
        let drafts = Entity::existing()
            .select_only()
            .column(Column::Id)
            .filter(among)
            .filter(Column::Status.eq(CompetitionStatus::Draft));
        let drafts = listing::filtered(drafts, backend, filter, self.clock.now());
        Ok(drafts
            .order_by_desc(Column::CreatedAt)
            .limit(MOST_MATCHES)
            .into_tuple()
            .all(self.database.read())
            .await?)
    }
}
