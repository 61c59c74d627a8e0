//! What a search looks for: words that begin with what was typed, or for which it may be a typing error.
//!
//! An entry has each word of the name and of the address, each word of the name once more behind a mark, and the number
//! of the ticket behind another. No word that is typed has a mark. So those who may not see addresses search in the
//! words with the first mark, and do not find out by it who has which address.

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

/// What is before a word of a name, where it is searched in names alone.
pub(super) const NAME_MARK: char = '=';
/// What is before the number of a ticket.
const TICKET_MARK: char = '#';

/// The texts that are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SearchedText {
    /// Names and e-mail addresses.
    NamesAndAddresses,
    /// Names alone, for those who may not see addresses.
    Names,
}

impl SearchedText {
    /// Returns what is before each word.
    const fn mark(self) -> &'static str {
        match self {
            Self::NamesAndAddresses => "",
            Self::Names => "=",
        }
    }
}

/// Returns the word by which a ticket is found, from its number in any way of writing it.
#[must_use]
pub fn ticket_word(number: &str) -> String {
    let digits = number.chars().filter(char::is_ascii_alphanumeric);
    let digits = digits.map(|digit| digit.to_ascii_lowercase());
    std::iter::once(TICKET_MARK).chain(digits).collect()
}

/// One word of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterTerm {
    /// What was typed, folded.
    pub typed: QueryWord,
    /// Words for which it may be a typing error; then those are found in its place.
    pub corrected: Vec<String>,
    /// Where it is searched.
    pub searched: SearchedText,
}

impl RosterTerm {
    /// Returns the condition that a row of `roster_words` has a word that is found.
    pub(super) fn range(&self) -> SimpleExpr {
        let word = || Expr::col("word");
        let mark = self.searched.mark();
        let text = format!("{mark}{}", self.typed.text);
        if !self.corrected.is_empty() {
            let corrected = self.corrected.iter();
            word().is_in(corrected.map(|corrected| format!("{mark}{corrected}")))
        } else if self.typed.open_ended {
            let end = format!("{text}{LAST}");
            word().gte(text).and(word().lt(end))
        } else {
            word().eq(text)
        }
    }

    /// Returns the beginnings of what `words` of an entry must contain, one of them.
    fn parts(&self) -> Vec<String> {
        let (mark, typed) = (self.searched.mark(), &self.typed.text);
        match (&self.corrected[..], self.typed.open_ended) {
            ([], true) => vec![format!(" {mark}{typed}")],
            ([], false) => vec![format!(" {mark}{typed} ")],
            (corrected, _) => corrected
                .iter()
                .map(|word| format!(" {mark}{word} "))
                .collect(),
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
    searched: SearchedText,
) -> Result<Vec<RosterTerm>, DbErr> {
    let mut terms = Vec::new();
    for typed in query_words(search) {
        let mut term = RosterTerm {
            typed,
            corrected: Vec::new(),
            searched,
        };
        let mut known = Query::select();
        known
            .column("word")
            .from("roster_words")
            .and_where(Expr::col("competition_id").eq(competition.0))
            .and_where(term.range())
            .limit(1);
        if term.typed.open_ended && connection.query_one(&known).await?.is_none() {
            let words = words_like(connection, competition, &term).await?;
            term.corrected = similar_among(&term.typed.text, &words);
        }
        terms.push(term);
    }
    Ok(terms)
}

/// Returns the words of a competition that begin with the first two letters of a word, without their marks.
async fn words_like<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
    term: &RosterTerm,
) -> Result<Vec<String>, DbErr> {
    let mark = term.searched.mark();
    let mut letters = term.typed.text.chars();
    let (Some(first), Some(second)) = (letters.next(), letters.next()) else {
        return Ok(Vec::new());
    };
    let mut words = Vec::new();
    for prefix in [[first, second], [second, first]] {
        let prefix = format!("{mark}{}", String::from_iter(prefix));
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
            let word: String = row.try_get("", "word")?;
            words.push(word.strip_prefix(mark).unwrap_or(&word).to_owned());
        }
    }
    Ok(words)
}
