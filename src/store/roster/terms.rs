//! What a search looks for: words that begin with what was typed, or for which it may be a typing error.

use sea_orm::{
    ConnectionTrait, DatabaseBackend, DbErr, Value,
    sea_query::{Expr, ExprTrait, Order, Query, SimpleExpr},
};
use serde::{Deserialize, Serialize};

use crate::{
    model::CompetitionId,
    store::search::{QueryWord, query_words, similar_among},
};

/// The most different words that are compared with what was typed.
const COMPARED: u64 = 5_000;
/// The character after all others.
const LAST: char = '\u{10ffff}';

/// One word of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterTerm {
    /// What was typed, folded.
    pub typed: QueryWord,
    /// Words for which it may be a typing error; then those are found in its place.
    pub corrected: Vec<String>,
}

impl RosterTerm {
    /// Returns the condition that a row of `roster_words` has a word that is found.
    pub(super) fn range(&self) -> SimpleExpr {
        let word = || Expr::col("word");
        let text = self.typed.text.clone();
        if !self.corrected.is_empty() {
            word().is_in(self.corrected.iter().cloned())
        } else if self.typed.open_ended {
            let end = format!("{text}{LAST}");
            word().gte(text).and(word().lt(end))
        } else {
            word().eq(text)
        }
    }

    /// Returns the beginnings of what `words` of an entry must contain, one of them.
    fn parts(&self) -> Vec<String> {
        match (&self.corrected[..], self.typed.open_ended) {
            ([], true) => vec![format!(" {}", self.typed.text)],
            ([], false) => vec![format!(" {} ", self.typed.text)],
            (corrected, _) => corrected.iter().map(|word| format!(" {word} ")).collect(),
        }
    }
}

/// Returns the condition that the entry with the alias `entry` contains every term.
#[must_use]
pub fn words_condition(
    backend: DatabaseBackend,
    entry: &'static str,
    terms: &[RosterTerm],
) -> Option<SimpleExpr> {
    let function = match backend {
        DatabaseBackend::Postgres => "strpos",
        _ => "instr",
    };
    let contains = |part: String| {
        let sql = match backend {
            DatabaseBackend::Postgres => format!("{function}({entry}.words, $1) > 0"),
            _ => format!("{function}({entry}.words, ?) > 0"),
        };
        Expr::cust_with_values(sql, [Value::from(part)])
    };
    let of_term = |term: &RosterTerm| term.parts().into_iter().map(contains).reduce(ExprTrait::or);
    terms.iter().filter_map(of_term).reduce(ExprTrait::and)
}

/// Returns the terms of a search among the entries of a competition. A word with which none of them begins is
/// compared with those that begin with the same two letters, in any order.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn resolve_terms<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
    search: &str,
) -> Result<Vec<RosterTerm>, DbErr> {
    let mut terms = Vec::new();
    for typed in query_words(search) {
        let mut term = RosterTerm {
            typed,
            corrected: Vec::new(),
        };
        let mut known = Query::select();
        known
            .column("word")
            .from("roster_words")
            .and_where(Expr::col("competition_id").eq(competition.0))
            .and_where(term.range())
            .limit(1);
        if term.typed.open_ended && connection.query_one(&known).await?.is_none() {
            let words = words_like(connection, competition, &term.typed.text).await?;
            term.corrected = similar_among(&term.typed.text, &words);
        }
        terms.push(term);
    }
    Ok(terms)
}

/// Returns the words of a competition that begin with the first two letters of a word.
async fn words_like<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
    typed: &str,
) -> Result<Vec<String>, DbErr> {
    let mut letters = typed.chars();
    let (Some(first), Some(second)) = (letters.next(), letters.next()) else {
        return Ok(Vec::new());
    };
    let mut words = Vec::new();
    for prefix in [[first, second], [second, first]] {
        let prefix = String::from_iter(prefix);
        let mut query = Query::select();
        query
            .distinct()
            .column("word")
            .from("roster_words")
            .and_where(Expr::col("competition_id").eq(competition.0))
            .and_where(Expr::col("word").gte(prefix.clone()))
            .and_where(Expr::col("word").lt(format!("{prefix}{LAST}")))
            .order_by("word", Order::Asc)
            .limit(COMPARED);
        for row in connection.query_all(&query).await? {
            words.push(row.try_get("", "word")?);
        }
    }
    Ok(words)
}
