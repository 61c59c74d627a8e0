//! Lists of competitions: filtering, sorting and paging.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, DatabaseBackend, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
    sea_query::{CaseStatement, Expr, ExprTrait, Func, Order, SimpleExpr},
};

use super::{Competitions, contains_pattern, row_view::view_of, search_words};
use crate::{
    domain::{Actor, Result},
    model::{
        CompetitionStatus, CompetitionView, Page, Phase,
        forms::{CompetitionFilter, Paging, Sort},
    },
    store::entity::{
        competition::{Column, Entity},
        user,
    },
};

impl Competitions {
    /// Returns a page of the published and cancelled competitions that match the filter.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn browse(
        &self,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        let now = self.clock.now();
        let query = filtered(published(), self.database.backend(), filter, now);
        let total = query.clone().count(self.database.read()).await?;
        let query = sorted(query, filter.sort, now);
        Ok(Page {
            items: self.views(query, paging.offset(), paging.per_page).await?,
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
    }

    /// Returns up to `count` competitions that are open for registration, the soonest first.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn featured(&self, count: u64) -> Result<Vec<CompetitionView>> {
        let now = self.clock.now();
        let open = CompetitionFilter {
            open: true,
            ..CompetitionFilter::default()
        };
        let query = filtered(published(), self.database.backend(), &open, now);
        self.views(sorted(query, Sort::StartsAt, now), 0, count)
            .await
    }

    /// Returns up to `count` tags of the next 500 competitions with the number of competitions that have
    /// each, the most frequent first.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn tags(&self, count: usize) -> Result<Vec<(String, u64)>> {
        let rows: Vec<serde_json::Value> = Entity::existing()
            .select_only()
            .column(Column::Tags)
            .filter(Column::Status.eq(CompetitionStatus::Published))
            .filter(Column::StartsAt.gt(self.clock.now()))
            .order_by_asc(Column::StartsAt)
            .limit(500)
            .into_tuple()
            .all(self.database.read())
            .await?;
        let mut counts = std::collections::BTreeMap::<String, u64>::new();
        for tags in rows {
            for tag in serde_json::from_value::<Vec<String>>(tags).unwrap_or_default() {
                *counts.entry(tag).or_default() += 1;
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        counts.truncate(count);
        Ok(counts)
    }

    /// Returns a page of the actor's own competitions that match the filter, including drafts. The page
    /// is empty if the actor is not an organizer.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn mine(
        &self,
        actor: Actor,
        filter: &CompetitionFilter,
        paging: Paging,
    ) -> Result<Page<CompetitionView>> {
        if !actor.runs(actor.id) {
            return Ok(Page {
                items: Vec::new(),
                page: paging.page,
                per_page: paging.per_page,
                total: 0,
            });
        }
        let now = self.clock.now();
        let mine = Entity::existing().filter(Column::OrganizerId.eq(actor.id));
        let query = filtered(mine, self.database.backend(), filter, now);
        let total = query.clone().count(self.database.read()).await?;
        let query = sorted(query, filter.sort, now);
        Ok(Page {
            items: self.views(query, paging.offset(), paging.per_page).await?,
            page: paging.page,
            per_page: paging.per_page,
            total,
        })
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

/// The condition that registration has opened.
fn has_opened(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(Column::OpensAt.is_null())
        .add(Column::OpensAt.lte(now))
}

/// Selects the competitions that everyone may see.
pub(super) fn published() -> Select<Entity> {
    Entity::existing().filter(Column::Status.ne(CompetitionStatus::Draft))
}

fn filtered(
    query: Select<Entity>,
    backend: DatabaseBackend,
    filter: &CompetitionFilter,
    now: DateTime<Utc>,
) -> Select<Entity> {
    let search = filter.search.as_deref().map(holds_words);
    query
        .filter(conditions(backend, filter, now))
        .filter(Condition::all().add_option(search))
}

/// Returns the conditions of a filter, except its search.
pub(super) fn conditions(
    backend: DatabaseBackend,
    filter: &CompetitionFilter,
    now: DateTime<Utc>,
) -> Condition {
    let seat_free = || open(now).add(Column::SeatsLeft.gt(0));
    let tag = filter.tag.as_deref().map(|tag| has_tag(backend, tag));
    Condition::all()
        .add_option(filter.status.map(|status| Column::Status.eq(status)))
        .add_option(filter.phase.map(|phase| in_phase(phase, now)))
        .add_option(filter.open.then(|| open(now).add(takes_participants())))
        .add_option(filter.seats_left.then(seat_free))
        .add_option(tag)
        .add_option(filter.from.map(|from| Column::StartsAt.gte(from)))
        .add_option(filter.to.map(|to| Column::StartsAt.lt(to)))
        .add_option(filter.place.as_deref().map(at_place))
}

/// Selects published competitions for which registration has opened and not closed.
fn open(now: DateTime<Utc>) -> Condition {
    before_deadline(now).add(has_opened(now))
}

fn before_deadline(now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(Column::Status.eq(CompetitionStatus::Published))
        .add(Column::RegDeadline.gt(now))
        .add(Column::StartsAt.gt(now))
}

/// Selects competitions with a free seat or a waitlist.
fn takes_participants() -> Condition {
    Condition::any()
        .add(Column::SeatsLeft.gt(0))
        .add(Column::WaitlistEnabled.eq(true))
}

/// Selects the competitions that are in a phase: see [`CompetitionView::phase`].
fn in_phase(phase: Phase, now: DateTime<Utc>) -> Condition {
    let with = |status: CompetitionStatus| Condition::all().add(Column::Status.eq(status));
    let published = || with(CompetitionStatus::Published);
    let end = || {
        let columns = [Expr::col(Column::EndsAt), Expr::col(Column::StartsAt)];
        Expr::expr(Func::coalesce(columns.map(SimpleExpr::from)))
    };
    let few = || {
        let tenth = Expr::col(Column::Capacity).div(10);
        let few = CaseStatement::new()
            .case(Expr::col(Column::Capacity).lt(10), 1)
            .finally(tenth);
        Expr::col(Column::SeatsLeft).lte(few)
    };
    let full = |waitlist: bool| {
        open(now)
            .add(Column::SeatsLeft.eq(0))
            .add(Column::WaitlistEnabled.eq(waitlist))
    };
    match phase {
        Phase::Draft => with(CompetitionStatus::Draft),
        Phase::Cancelled => with(CompetitionStatus::Cancelled),
        Phase::Ended => published().add(end().lt(now)),
        Phase::Running => published()
            .add(Column::StartsAt.lte(now))
            .add(end().gte(now)),
        Phase::Closed => published()
            .add(Column::RegDeadline.lte(now))
            .add(Column::StartsAt.gt(now)),
        Phase::OpensSoon => before_deadline(now).add(Column::OpensAt.gt(now)),
        Phase::Waitlist => full(true),
        Phase::Full => full(false),
        Phase::FewLeft => open(now).add(Column::SeatsLeft.gt(0)).add(few()),
        Phase::Open => open(now).add(few().not()),
    }
}

/// Selects the competitions with every word of `place` in their location.
fn at_place(place: &str) -> Condition {
    search_words(Some(place))
        .iter()
        .fold(Condition::all(), |all, word| {
            all.add(holds(Column::Location, word))
        })
}

/// Selects the competitions with every word of `search` in one of their texts.
fn holds_words(search: &str) -> Condition {
    search_words(Some(search))
        .iter()
        .fold(Condition::all(), |all, word| {
            let any = Condition::any()
                .add(holds(Column::Title, word))
                .add(holds(Column::Location, word))
                .add(holds(Column::Description, word))
                // Tags are lower case; a quote or bracket of the JSON around them is no word.
                .add(
                    Expr::col((Entity, Column::Tags))
                        .cast_as("text")
                        .like(contains_pattern(word)),
                );
            all.add(any)
        })
}

fn holds(column: Column, word: &str) -> SimpleExpr {
    Expr::expr(Func::lower(Expr::col((Entity, column)))).like(contains_pattern(word))
}

pub(super) fn sorted(query: Select<Entity>, sort: Sort, now: DateTime<Utc>) -> Select<Entity> {
    let has_started = CaseStatement::new()
        .case(Column::StartsAt.lt(now), 1)
        .finally(0);
    let query = match sort {
        Sort::StartsAt => query
            .order_by(Expr::expr(has_started), Order::Asc)
            .order_by_asc(Column::StartsAt),
        Sort::RegDeadline => query
            .order_by(Expr::expr(has_started), Order::Asc)
            .order_by_asc(Column::RegDeadline),
        Sort::SeatsLeft => query.order_by_desc(Column::SeatsLeft),
        Sort::Title => query.order_by_asc(Column::Title),
        Sort::Newest => query.order_by_desc(Column::CreatedAt),
    };
    // Competitions that compare equal keep their order from page to page.
    query.order_by_asc(Column::Id)
}

fn has_tag(backend: DatabaseBackend, tag: &str) -> SimpleExpr {
    match backend {
        DatabaseBackend::Postgres => {
            Expr::cust_with_values(r#""competitions"."tags" @> $1"#, [serde_json::json!([tag])])
        }
        _ => Expr::cust_with_values(
            r#"EXISTS (SELECT 1 FROM json_each("competitions"."tags") WHERE value = ?)"#,
            [tag],
        ),
    }
}
