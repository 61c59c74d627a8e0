//! Finding the competitions that match words, in a bounded time.
//!
//! A frequent word is in each of 100,000 search documents, and only the first few matches are shown. So
//! neither database sorts matches; both read them in the order in which they are shown, and stop:
//!
//! - **SQLite**: the ids of search documents are in the order of starts, and FTS5 finds matches in the order of
//!   their ids, one at a time.
//! - **PostgreSQL**: a GIN index returns matches in no order. Few matches are sorted. If there are more than are
//!   counted, then at least one document in a hundred matches (of 100,000), and the documents
//!   themselves are read in the order of starts until enough of them match.

use std::{cmp, collections::HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DbErr, FromQueryResult,
    sea_query::{Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement},
};

use super::{
    documents::id_of_start,
    fields::{CANCELLED, SearchField},
    words::QueryWord,
};
use crate::model::CompetitionId;

/// The most documents that PostgreSQL reads in the order of starts.
const MOST_READ: u64 = 5_000;
/// The most matches whose competitions are compared with a condition.
const MOST_COMPARED: u64 = 10_000;

/// A word to find, or another that is found in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTerm {
    /// The word that was typed.
    pub word: QueryWord,
    /// Words for which it may be a typing error.
    pub alternatives: Vec<String>,
}

impl From<QueryWord> for SearchTerm {
    fn from(word: QueryWord) -> Self {
        Self {
            word,
            alternatives: Vec::new(),
        }
    }
}

/// What a document must contain: every term, in a field.
#[derive(Debug, Clone, Copy)]
pub struct SearchExpression<'a> {
    /// The terms, at least one.
    pub terms: &'a [SearchTerm],
    /// The field that contains them.
    pub field: SearchField,
    /// Whether words that only begin with a term do not count.
    pub exact: bool,
    /// Words that must be among the title and the tags besides.
    pub tag: &'a [QueryWord],
    /// Whether only cancelled competitions are found.
    pub cancelled: bool,
}

impl SearchExpression<'_> {
    /// Returns whether any word that begins with some letter is searched for. It is in so many documents that
    /// those of the next competitions contain enough of them.
    fn is_broad(&self) -> bool {
        let is_letter = |word: &QueryWord| word.open_ended && word.text.chars().count() == 1;
        let shortest = self.field.shortest_open_ended();
        !self.exact && shortest == 1 && self.terms.iter().any(|term| is_letter(&term.word))
    }

    /// Writes the expression as a query of the database. Words consist of letters, digits and marks, so
    /// quotes and operators can't occur in them.
    fn text(&self, backend: DatabaseBackend) -> String {
        let postgres = backend == DatabaseBackend::Postgres;
        let (quote, prefix, or, and) = match postgres {
            true => ("'", ":*", " | ", " & "),
            false => ("\"", "*", " OR ", " AND "),
        };
        let letter = self.field.letter();
        let tag = SearchField::Tags.letter();
        let cancelled = self.cancelled.then(|| format!("{quote}{CANCELLED}{quote}"));
        let tags = self
            .tag
            .iter()
            .map(|word| format!("{quote}{tag}{}{quote}", word.text));
        let terms: Vec<_> = self
            .terms
            .iter()
            .map(|SearchTerm { word, alternatives }| {
                let long_enough = word.text.chars().count() >= self.field.shortest_open_ended();
                let open_ended = !self.exact && word.open_ended && long_enough;
                let end = if open_ended { prefix } else { "" };
                let typed = format!("{quote}{letter}{}{quote}{end}", word.text);
                let others = alternatives
                    .iter()
                    .map(|other| format!("{quote}{letter}{other}{quote}"));
                let words: Vec<_> = std::iter::once(typed).chain(others).collect();
                format!("({})", words.join(or))
            })
            .chain(tags)
            .chain(cancelled)
            .collect();
        terms.join(and)
    }
}

/// Which of the competitions that match are returned.
#[derive(Debug, Clone, Copy)]
pub struct MatchSelection<'a> {
    /// The time that separates competitions that have started from the others.
    pub now: DateTime<Utc>,
    /// The earliest start that is in the range.
    pub from: Option<DateTime<Utc>>,
    /// The first start that is too late.
    pub to: Option<DateTime<Utc>>,
    /// A condition about columns of `competitions`. It is compared with 10,000 matches at most. Without
    /// one, competitions that were deleted a moment ago may be returned.
    pub condition: Option<&'a Condition>,
    /// The number of matches that are counted.
    pub counted: u64,
    /// The number of matches that must be the first in their order; the others can be any.
    pub ordered: u64,
}

impl MatchSelection<'_> {
    /// Returns the two ranges of starts in the order in which they are shown: those after `now`, and those
    /// before it.
    fn ranges(&self) -> [StartRange; 2] {
        let ahead = self.from.map_or(self.now, |from| cmp::max(from, self.now));
        let over = self.to.map_or(self.now, |to| cmp::min(to, self.now));
        [
            StartRange {
                order: Order::Asc,
                from: Some(ahead),
                to: self.to,
            },
            StartRange {
                order: Order::Desc,
                from: self.from,
                to: Some(over),
            },
        ]
    }
}

/// A range of starts, and the order in which they are read. `from` belongs to the range, `to` does not.
struct StartRange {
    order: Order,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

/// Returns competitions that match: those that start after now, the next one first, then those that have
/// started, the latest first.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn matching<C: ConnectionTrait>(
    connection: &C,
    expression: &SearchExpression<'_>,
    selection: &MatchSelection<'_>,
) -> Result<Vec<CompetitionId>, DbErr> {
    match connection.get_database_backend() {
        DatabaseBackend::Postgres => on_postgres(connection, expression, selection).await,
        _ => on_sqlite(connection, expression, selection).await,
    }
}

#[derive(Debug, FromQueryResult)]
struct Match {
    competition_id: CompetitionId,
}

#[derive(Debug, FromQueryResult)]
struct MatchWithStart {
    competition_id: CompetitionId,
    /// The start; named unlike the column of `competitions`, with which it is joined.
    start: DateTime<Utc>,
}

async fn on_sqlite<C: ConnectionTrait>(
    connection: &C,
    expression: &SearchExpression<'_>,
    selection: &MatchSelection<'_>,
) -> Result<Vec<CompetitionId>, DbErr> {
    let text = expression.text(DatabaseBackend::Sqlite);
    let mut found = Vec::new();
    for StartRange { order, from, to } in selection.ranges() {
        let left = selection.counted.saturating_sub(found.len() as u64);
        if left == 0 {
            break;
        }
        let rowid = || Expr::col("rowid");
        let mut matches = Query::select();
        matches
            .column("rowid")
            .from("search_words")
            .and_where(Expr::cust_with_values(
                "search_words MATCH ?",
                [text.as_str()],
            ))
            .and_where_option(from.map(|from| rowid().gte(id_of_start(from))))
            .and_where_option(to.map(|to| rowid().lt(id_of_start(to))))
            .order_by("rowid", order)
            .limit(match selection.condition {
                Some(_) => MOST_COMPARED,
                None => left,
            });
        let mut query = Query::select();
        // CROSS JOIN keeps SQLite from beginning with another table.
        query
            .column(("search_documents", "competition_id"))
            .from_subquery(matches, "matches")
            .cross_join("search_documents")
            .and_where(Expr::col(("search_documents", "id")).equals(("matches", "rowid")))
            .limit(left);
        if let Some(condition) = selection.condition {
            query
                .cross_join("competitions")
                .and_where(
                    Expr::col(("competitions", "id"))
                        .equals(("search_documents", "competition_id")),
                )
                .cond_where(condition.clone());
        }
        let statement = DatabaseBackend::Sqlite.build(&query);
        let matches = Match::find_by_statement(statement).all(connection).await?;
        found.extend(matches.into_iter().map(|one| one.competition_id));
    }
    Ok(found)
}

async fn on_postgres<C: ConnectionTrait>(
    connection: &C,
    expression: &SearchExpression<'_>,
    selection: &MatchSelection<'_>,
) -> Result<Vec<CompetitionId>, DbErr> {
    let text = expression.text(DatabaseBackend::Postgres);
    let starts_at = || Expr::col("starts_at");
    let matches = || Expr::cust_with_values("words @@ $1::tsquery", [text.as_str()]);
    let mut documents = Query::select();
    documents
        .column("competition_id")
        .expr_as(starts_at(), "start")
        .from("search_documents")
        .and_where(matches())
        .and_where_option(selection.from.map(|from| starts_at().gte(from)))
        .and_where_option(selection.to.map(|to| starts_at().lt(to)))
        .limit(match selection.condition {
            Some(_) => MOST_COMPARED,
            None => selection.counted,
        });
    let any = restricted(documents, selection, selection.counted, None);
    let mut any = match expression.is_broad() {
        true => Vec::new(),
        false => read(connection, any).await?,
    };
    any.sort_by_key(|one| {
        let start = one.start.timestamp_micros();
        let has_started = one.start < selection.now;
        let key = if has_started { -start } else { start };
        (has_started, key, one.competition_id)
    });
    if (any.len() as u64) < selection.counted && !expression.is_broad() {
        return Ok(any.into_iter().map(|one| one.competition_id).collect());
    }
    let mut found = Vec::new();
    for StartRange { order, from, to } in selection.ranges() {
        let wanted = match expression.is_broad() {
            true => selection.counted,
            false => selection.ordered,
        };
        let left = wanted.saturating_sub(found.len() as u64);
        if left == 0 {
            break;
        }
        let mut documents = Query::select();
        documents
            .columns(["competition_id", "starts_at", "words"])
            .from("search_documents")
            .and_where_option(from.map(|from| starts_at().gte(from)))
            .and_where_option(to.map(|to| starts_at().lt(to)))
            .order_by("starts_at", order.clone())
            .order_by("competition_id", order.clone())
            .limit(MOST_READ);
        // The limit within keeps the planner from using the other index.
        let mut first = Query::select();
        first
            .column("competition_id")
            .expr_as(starts_at(), "start")
            .from_subquery(documents, "documents")
            .and_where(matches())
            .order_by("starts_at", order.clone())
            .order_by("competition_id", order.clone());
        let first = restricted(first, selection, left, Some(order));
        let matches = read(connection, first).await?;
        found.extend(matches.into_iter().map(|one| one.competition_id));
    }
    // Others make up the number that is counted.
    let known: HashSet<_> = found.iter().copied().collect();
    let others = any.into_iter().map(|one| one.competition_id);
    found.extend(others.filter(|id| !known.contains(id)));
    Ok(found)
}

/// Returns a query for the first `limit` of `matches` that meet the condition; `matches` have the order of
/// starts if there is one.
fn restricted(
    mut matches: SelectStatement,
    selection: &MatchSelection<'_>,
    limit: u64,
    order: Option<Order>,
) -> SelectStatement {
    let Some(condition) = selection.condition else {
        return matches.limit(limit).to_owned();
    };
    // A limit for each match, so that matches are looked up one by one until there are enough. The planner
    // would rather read all competitions.
    let mut restricted_to = Query::select();
    restricted_to
        .expr(Expr::cust("1"))
        .from("competitions")
        .and_where(Expr::col(("competitions", "id")).equals(("matches", "competition_id")))
        .cond_where(condition.clone())
        .limit(1);
    let mut query = Query::select();
    query
        .columns([("matches", "competition_id"), ("matches", "start")])
        .from_subquery(matches, "matches")
        .join_lateral(
            JoinType::InnerJoin,
            restricted_to,
            "competition",
            Expr::cust("true"),
        )
        .limit(limit);
    if let Some(order) = order {
        query
            .order_by(("matches", "start"), order.clone())
            .order_by(("matches", "competition_id"), order);
    }
    query
}

async fn read<C: ConnectionTrait>(
    connection: &C,
    query: SelectStatement,
) -> Result<Vec<MatchWithStart>, DbErr> {
    let statement = DatabaseBackend::Postgres.build(&query);
    MatchWithStart::find_by_statement(statement)
        .all(connection)
        .await
}
