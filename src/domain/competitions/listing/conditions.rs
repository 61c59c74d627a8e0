//! The conditions of a filter on the table of competitions, for the few that a search has found.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, DatabaseBackend, QueryFilter, QueryOrder, Select,
    sea_query::{CaseStatement, Expr, ExprTrait, Func, Order, SimpleExpr},
};

use super::super::{contains_pattern, search_words};
use crate::{
    model::{
        CompetitionStatus, Phase,
        forms::{CompetitionFilter, Sort},
    },
    store::entity::competition::{Column, Entity},
};

/// The condition that registration has opened.
fn has_opened(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(Column::OpensAt.is_null())
        .add(Column::OpensAt.lte(now))
}

/// Selects the competitions that everyone may see.
pub(in crate::domain::competitions) fn published() -> Select<Entity> {
    Entity::existing().filter(Column::Status.ne(CompetitionStatus::Draft))
}

pub(in crate::domain::competitions) fn filtered(
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

/// Returns whether a filter has other conditions than a search and a range of starts.
pub(in crate::domain::competitions) fn is_restricted(filter: &CompetitionFilter) -> bool {
    *filter
        != CompetitionFilter {
            search: filter.search.clone(),
            from: filter.from,
            to: filter.to,
            sort: filter.sort,
            ..CompetitionFilter::default()
        }
}

/// Returns the conditions of a filter, except its search.
pub(in crate::domain::competitions) fn conditions(
    backend: DatabaseBackend,
    filter: &CompetitionFilter,
    now: DateTime<Utc>,
) -> Condition {
    let seat_free = || open(now).add(open_seats().gt(0));
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

/// Selects published competitions for which registration has opened and not closed, and is not paused.
fn open(now: DateTime<Utc>) -> Condition {
    before_deadline(now)
        .add(has_opened(now))
        .add(Column::Paused.eq(false))
}

fn before_deadline(now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(Column::Status.eq(CompetitionStatus::Published))
        .add(Column::RegDeadline.gt(now))
        .add(Column::StartsAt.gt(now))
}

/// Returns the number of free seats that are not set aside.
fn open_seats() -> SimpleExpr {
    Expr::col(Column::SeatsLeft).sub(Expr::col(Column::SeatsReserved))
}

/// Selects competitions with a free seat or a waitlist.
fn takes_participants() -> Condition {
    Condition::any()
        .add(open_seats().gt(0))
        .add(Column::WaitlistEnabled.eq(true))
}

/// Selects the competitions that are in a phase: see [`CompetitionView::phase`](crate::model::CompetitionView::phase).
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
        open_seats().lte(few)
    };
    let full = |waitlist: bool| {
        open(now)
            .add(open_seats().eq(0))
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
        Phase::OpensSoon => before_deadline(now)
            .add(Column::OpensAt.gt(now))
            .add(Column::Paused.eq(false)),
        Phase::Paused => before_deadline(now).add(Column::Paused.eq(true)),
        Phase::Waitlist => full(true),
        Phase::Full => full(false),
        Phase::FewLeft => open(now).add(open_seats().gt(0)).add(few()),
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

pub(in crate::domain::competitions) fn sorted(
    query: Select<Entity>,
    sort: Sort,
    now: DateTime<Utc>,
) -> Select<Entity> {
    let has_started = CaseStatement::new()
        .case(Column::StartsAt.lt(now), 1)
        .finally(0);
    let query = match sort {
        Sort::Relevance | Sort::StartsAt => query
            .order_by(Expr::expr(has_started), Order::Asc)
            .order_by_asc(Column::StartsAt),
        Sort::RegDeadline => query
            .order_by(Expr::expr(has_started), Order::Asc)
            .order_by_asc(Column::RegDeadline),
        Sort::SeatsLeft => query.order_by(open_seats(), Order::Desc),
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
