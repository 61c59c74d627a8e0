//! Lists of competitions: filtering, sorting and paging.

mod conditions;
mod list_conditions;
mod list_query;
mod listing_phases;
mod place_words;
mod sql_text;

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect, QueryTrait, Select, Statement,
};

use self::list_query::{COMPARED_MAX, ListQuery, ListSection, OwnCompetitions, SORTED_MAX, Source};
pub(super) use self::{
    conditions::{conditions, filtered, is_restricted, published, sorted},
    listing_phases::LATE_ROWS,
};
use super::{Competitions, row_view::view_of};
use crate::{
    domain::{Actor, Result},
    model::{
        CompetitionId, CompetitionView, Page,
        forms::{CompetitionFilter, Paging},
    },
    store::{
        bulk,
        entity::{
            competition::{Column, Entity},
            staff, user,
        },
    },
};

impl Competitions {
    /// Returns a page of the published and cancelled competitions that match the filter. The total counts
    /// at most [`CompetitionFilter::most_counted`], and pages reach no further.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn browse(
        &self,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        if let Some(search) = &filter.search {
            return self.search(search, filter, paging).await;
        }
        self.list(None, filter, paging).await
    }

    /// Returns up to `count` competitions that are open for registration: first those with a free seat, and then
    /// those with a waitlist, each the soonest first.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn featured(&self, count: u64) -> Result<Vec<CompetitionView>> {
        let free = CompetitionFilter {
            seats_left: true,
            ..CompetitionFilter::default()
        };
        let open = CompetitionFilter {
            open: true,
            ..CompetitionFilter::default()
        };
        let mut ids = self.soonest(&free, count).await?;
        if (ids.len() as u64) < count {
            let others = self.soonest(&open, count).await?;
            ids.extend(
                others
                    .into_iter()
                    .filter(|id| !ids.contains(id))
                    .collect::<Vec<_>>(),
            );
            ids.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        }
        self.in_order(&ids).await
    }

    /// Returns the ids of the `count` competitions ahead that match the filter, the soonest first.
    async fn soonest(&self, filter: &CompetitionFilter, count: u64) -> Result<Vec<CompetitionId>> {
        let now = self.clock.now();
        let query = ListQuery::new(self.database.backend(), now, None, filter);
        let (source, _) = query.sources(&[]);
        self.ids(query.ids(source, ListSection::Ahead, 0, count))
            .await
    }

    /// Returns a page of the actor's own competitions and of those on which the actor works that match the filter,
    /// including drafts. An actor who is no organizer owns none.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn mine(
        &self,
        actor: Actor,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        let own = OwnCompetitions::of(actor);
        // Drafts are not in the search index, and an organizer has few competitions.
        if filter.search.is_some() {
            let mut ids = staff::Entity::find()
                .select_only()
                .column(staff::Column::CompetitionId)
                .filter(staff::Column::UserId.eq(actor.id));
            if !own.is_organizer {
                ids = ids.filter(staff::Entity::is_member());
            }
            let mine = Entity::existing().filter(Column::Id.in_subquery(ids.into_query()));
            return self.found(mine, filter, paging).await;
        }
        self.list(Some(own), filter, paging).await
    }

    /// Returns a page of everybody's competitions that match a filter without a search, drafts included.
    pub(super) async fn list_with_drafts(
        &self,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        let filter = &filter.clone().with_one_order();
        let now = self.clock.now();
        let query = ListQuery::with_drafts(self.database.backend(), now, filter);
        self.read_page(&query, paging).await
    }

    /// Returns the ids of the first competitions of a list without a search and in an order without sections, drafts
    /// included.
    pub(super) async fn newest_with_drafts(
        &self,
        filter: &CompetitionFilter,
        count: u64,
    ) -> Result<Vec<CompetitionId>> {
        let now = self.clock.now();
        let query = ListQuery::with_drafts(self.database.backend(), now, filter);
        let statement = query.ids(Source::Listings, ListSection::Whole, 0, count);
        self.ids(statement).await
    }

    /// Returns how the database executes the statements that read a page of the public list, or of the competitions of
    /// `own`: for tests, and for an operator who looks for the cause of a slow list.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn explain(
        &self,
        own: Option<Actor>,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Vec<String>> {
        let (backend, now) = (self.database.backend(), self.clock.now());
        let filter = &filter.clone().with_one_order();
        let query = ListQuery::new(backend, now, own.map(OwnCompetitions::of), filter);
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let mut statements: Vec<_> = query.count_selections(SORTED_MAX).into_iter().collect();
        let (source, counted) = query.sources(&self.selection_counts(&query).await?);
        statements.push(query.count(counted, ListSection::Whole, filter.most_counted()));
        let sections = query.sections().into_iter();
        statements.extend(
            sections.map(|section| query.ids(source, section, paging.offset(), paging.per_page)),
        );
        let explain = match backend {
            DatabaseBackend::Postgres => "EXPLAIN",
            _ => "EXPLAIN QUERY PLAN",
        };
        let mut plans = Vec::new();
        for mut statement in statements {
            statement.sql = format!("{explain} {}", statement.sql);
            let mut plan = statement.sql.clone();
            for row in self.database.read().query_all_raw(statement).await? {
                let column = if backend == DatabaseBackend::Postgres {
                    0
                } else {
                    3
                };
                plan += "\n";
                plan += &row.try_get_by_index::<String>(column)?;
            }
            plans.push(plan);
        }
        Ok(plans)
    }

    /// Returns a page of the public list, or of the competitions of an account.
    async fn list(
        &self,
        organizer: Option<OwnCompetitions>,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        let (backend, now) = (self.database.backend(), self.clock.now());
        let filter = &filter.clone().with_one_order();
        let query = ListQuery::new(backend, now, organizer, filter);
        self.read_page(&query, paging).await
    }

    async fn read_page(
        &self,
        query: &ListQuery<'_>,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        if query.is_empty() {
            return Ok(page_of(Vec::new(), paging, 0));
        }
        let most = query.filter.most_counted();
        let (source, counted) = query.sources(&self.selection_counts(query).await?);
        let (total, ids) = tokio::try_join!(
            self.count(query.count(counted, ListSection::Whole, most)),
            self.page_ids(query, source, paging),
        )?;
        let items = self.in_order(&ids).await?;
        Ok(page_of(items, paging, total))
    }

    /// Returns the ids of a page, which may begin in one section and end in the next.
    async fn page_ids(
        &self,
        query: &ListQuery<'_>,
        source: Source,
        paging: Paging,
    ) -> Result<Vec<CompetitionId>> {
        let mut offset = paging.offset();
        let left = query.filter.most_counted().saturating_sub(offset);
        let mut missing = left.min(paging.per_page);
        let mut ids = Vec::new();
        for section in query.sections() {
            if missing == 0 {
                break;
            }
            let found = self
                .ids(query.ids(source, section, offset, missing))
                .await?;
            let count = found.len() as u64;
            // The next section goes on where this one ends.
            offset = match count {
                0 if offset > 0 => {
                    offset - self.count(query.count(source, section, offset)).await?
                }
                _ => 0,
            };
            missing -= count.min(missing);
            ids.extend(found);
        }
        Ok(ids)
    }

    /// Returns the numbers of competitions on which the sources of the list depend.
    async fn selection_counts(&self, query: &ListQuery<'_>) -> Result<Vec<i64>> {
        let counts = self.counts(query.count_selections(SORTED_MAX)).await?;
        if query.is_undecided(&counts) {
            return self.counts(query.count_selections(COMPARED_MAX)).await;
        }
        Ok(counts)
    }

    async fn counts(&self, statement: Option<Statement>) -> Result<Vec<i64>> {
        let Some(statement) = statement else {
            return Ok(Vec::new());
        };
        let counts = self.database.read().query_one_raw(statement).await?;
        let Some(counts) = counts else {
            return Ok(Vec::new());
        };
        let columns = 0..counts.column_names().len();
        Ok(columns
            .map(|column| counts.try_get_by_index(column))
            .collect::<Result<_, _>>()?)
    }

    async fn count(&self, statement: Statement) -> Result<u64> {
        let row = self.database.read().query_one_raw(statement).await?;
        let count: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
        Ok(count.and_then(|count| count.try_into().ok()).unwrap_or(0))
    }

    async fn ids(&self, statement: Statement) -> Result<Vec<CompetitionId>> {
        let rows = self.database.read().query_all_raw(statement).await?;
        Ok(rows
            .iter()
            .map(|row| row.try_get_by_index(0).map(CompetitionId))
            .collect::<Result<_, _>>()?)
    }

    /// Returns the competitions in the order of their ids, without those that were deleted meanwhile.
    pub(super) async fn in_order(&self, ids: &[CompetitionId]) -> Result<Vec<CompetitionView>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let column = (Entity, Column::Id);
        let among = bulk::among(self.database.backend(), column, ids);
        let rows = Entity::existing().filter(among);
        let views = self.views(rows, 0, ids.len() as u64).await?;
        let mut views: HashMap<_, _> = views.into_iter().map(|view| (view.id, view)).collect();
        Ok(ids.iter().filter_map(|id| views.remove(id)).collect())
    }

    /// Returns a page of `rows` that match a filter with a search.
    async fn found(
        &self,
        rows: Select<Entity>,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        let now = self.clock.now();
        let query = filtered(rows, self.database.backend(), filter, now);
        let total = query.clone().count(self.database.read()).await?;
        let query = sorted(query, filter.sort, now);
        let items = self.views(query, paging.offset(), paging.per_page).await?;
        Ok(page_of(items, paging, total))
    }

    pub(super) async fn views(
        &self,
        query: Select<Entity>,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<CompetitionView>> {
        let now = self.clock.now();
        let rows = query
            .find_also_related(user::Entity)
            .offset(offset)
            .limit(limit)
            .all(self.database.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|(row, organizer)| view_of(row, organizer.as_ref(), now))
            .collect())
    }
}

fn page_of(items: Vec<CompetitionView>, paging: Paging, total: u64) -> Page<CompetitionView> {
    Page {
        items,
        page: paging.page,
        per_page: paging.per_page,
        total,
    }
}
