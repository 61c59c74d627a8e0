//! Words that are similar to what was typed, by the symmetric delete algorithm.
//!
//! A word is stored under each spelling that omits one or two of its first letters. Two words that differ in
//! one letter (missing, added, replaced, or swapped with its neighbour) have a spelling in common. So
//! similar words are found by a few look-ups of an index, however many words there are.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement, Value, sea_query::ArrayType};

use crate::store::bulk::{self, Cells};

/// Shorter words are not corrected, in characters: too many others are similar to them.
const SHORTEST: usize = 4;
/// Longer words are not corrected, in characters.
const LONGEST: usize = 24;
/// Words with at least so many characters may have two errors, others one.
const TWO_ERRORS: usize = 7;
/// Letters after this one are not omitted, which bounds the number of spellings: 29 for a word.
const PREFIX: usize = 7;
/// The most words that are compared with what was typed.
const COMPARED: u64 = 200;
/// The most similar words that are returned.
const RETURNED: usize = 4;

/// Returns whether typing errors in a word are corrected.
fn is_correctable(word: &str) -> bool {
    let length = word.chars().count();
    (SHORTEST..=LONGEST).contains(&length) && word.chars().all(char::is_alphabetic)
}

fn errors_allowed(word: &str) -> usize {
    if word.chars().count() >= TWO_ERRORS {
        2
    } else {
        1
    }
}

/// Returns the beginning of a word, and what is left of it without one or two letters.
fn spellings(word: &str) -> BTreeSet<String> {
    let prefix: Vec<char> = word.chars().take(PREFIX).collect();
    let mut all = BTreeSet::from([prefix.clone()]);
    let mut newest = all.clone();
    for _ in 0..errors_allowed(word) {
        let shorter = |letters: &Vec<char>| {
            (0..letters.len())
                .map(|omitted| {
                    let mut rest = letters.clone();
                    rest.remove(omitted);
                    rest
                })
                .collect::<Vec<_>>()
        };
        newest = newest.iter().flat_map(shorter).collect();
        all.extend(newest.iter().cloned());
    }
    all.into_iter().map(String::from_iter).collect()
}

/// Stores words with their spellings. Words that are stored already cost one look-up together.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub(super) async fn store_words<C: ConnectionTrait>(
    connection: &C,
    words: &BTreeSet<String>,
) -> Result<(), DbErr> {
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| is_correctable(word))
        .collect();
    let known = known_words(connection, &words).await?;
    // In the order of the key, so that two transactions with the same words can't wait for each other.
    let rows: BTreeSet<(String, &str)> = words
        .into_iter()
        .filter(|word| !known.contains(*word))
        .flat_map(|word| {
            let itself = std::iter::once(word.to_owned());
            itself.chain(spellings(word)).map(move |it| (it, word))
        })
        .collect();
    let columns = vec![
        (
            "spelling",
            Cells::Text(rows.iter().map(|row| row.0.clone()).collect()),
        ),
        (
            "word",
            Cells::Text(rows.iter().map(|row| row.1.to_owned()).collect()),
        ),
    ];
    bulk::insert(
        connection,
        "search_spellings",
        columns,
        "ON CONFLICT DO NOTHING",
    )
    .await?;
    Ok(())
}

/// Returns which of the words are stored. A stored word is one of its own spellings.
async fn known_words<C: ConnectionTrait>(
    connection: &C,
    words: &[&str],
) -> Result<BTreeSet<String>, DbErr> {
    let mut known = BTreeSet::new();
    // SQLite has a limit of parameters for each statement.
    for words in words.chunks(1_000) {
        known.extend(words_of(connection, words, "AND word = spelling").await?);
    }
    Ok(known)
}

/// Returns words that are similar to `typed`, the most similar first; none if there are words that begin
/// with it, since it is no error then.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn similar_words<C: ConnectionTrait>(
    connection: &C,
    typed: &str,
) -> Result<Vec<String>, DbErr> {
    if !is_correctable(typed) || is_known_prefix(connection, typed).await? {
        return Ok(Vec::new());
    }
    let spellings = spellings(typed);
    let spellings: Vec<&str> = spellings.iter().map(String::as_str).collect();
    let limit = format!("LIMIT {COMPARED}");
    let allowed = errors_allowed(typed);
    let mut similar: Vec<(usize, String)> = words_of(connection, &spellings, &limit)
        .await?
        .into_iter()
        .map(|word| (strsim::osa_distance(typed, &word), word))
        .filter(|(errors, _)| *errors <= allowed)
        .collect();
    similar.sort();
    similar.dedup();
    similar.truncate(RETURNED);
    Ok(similar.into_iter().map(|(_, word)| word).collect())
}

/// Returns those of `words` that are similar to `typed`, the most similar first; none if `typed` is too short to be
/// corrected.
#[must_use]
pub fn similar_among(typed: &str, words: &[String]) -> Vec<String> {
    if !is_correctable(typed) {
        return Vec::new();
    }
    let allowed = errors_allowed(typed);
    let compared = words
        .iter()
        .map(|word| (strsim::osa_distance(typed, word), word));
    let mut similar: Vec<_> = compared.filter(|(errors, _)| *errors <= allowed).collect();
    similar.sort();
    similar.dedup();
    similar.truncate(RETURNED);
    similar.into_iter().map(|(_, word)| word.clone()).collect()
}

async fn is_known_prefix<C: ConnectionTrait>(connection: &C, typed: &str) -> Result<bool, DbErr> {
    let backend = connection.get_database_backend();
    let sql = match backend {
        DatabaseBackend::Postgres => {
            "SELECT 1 FROM search_spellings WHERE spelling >= $1 AND spelling < $2 AND word = spelling LIMIT 1"
        }
        _ => {
            "SELECT 1 FROM search_spellings WHERE spelling >= ? AND spelling < ? AND word = spelling LIMIT 1"
        }
    };
    let bounds = [typed.into(), format!("{typed}\u{10ffff}").into()];
    let statement = Statement::from_sql_and_values(backend, sql, bounds);
    Ok(connection.query_one_raw(statement).await?.is_some())
}

/// Returns the words that have one of the spellings; `rest` is the rest of the statement.
async fn words_of<C: ConnectionTrait>(
    connection: &C,
    spellings: &[&str],
    rest: &str,
) -> Result<Vec<String>, DbErr> {
    if spellings.is_empty() {
        return Ok(Vec::new());
    }
    let backend = connection.get_database_backend();
    let texts = spellings.iter().map(|text| Value::from(*text));
    let select = "SELECT word FROM search_spellings WHERE spelling";
    let statement = match backend {
        DatabaseBackend::Postgres => {
            let array = Value::Array(ArrayType::String, Some(Box::new(texts.collect())));
            let sql = format!("{select} = ANY($1) {rest}");
            Statement::from_sql_and_values(backend, sql, [array])
        }
        _ => {
            let places = vec!["?"; spellings.len()].join(", ");
            let sql = format!("{select} IN ({places}) {rest}");
            Statement::from_sql_and_values(backend, sql, texts)
        }
    };
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get("", "word")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn have_common_spelling(one: &str, other: &str) -> bool {
        !spellings(one).is_disjoint(&spellings(other))
    }

    #[test]
    fn words_that_differ_in_one_letter_have_a_spelling_in_common() {
        for (typed, word) in [
            ("hakathon", "hackathon"),
            ("hackkathon", "hackathon"),
            ("hackathin", "hackathon"),
            ("ahckathon", "hackathon"),
            ("hakaton", "hackathon"),
            ("ches", "chess"),
            ("chees", "chess"),
        ] {
            assert!(have_common_spelling(typed, word), "{typed}");
        }
        assert!(!have_common_spelling("regatta", "hackathon"));
    }

    #[test]
    fn the_number_of_spellings_is_bounded() {
        let longest = "abcdefghijklmnopqrstuvwx";
        assert_eq!(longest.len(), LONGEST);
        assert_eq!(spellings(longest).len(), 1 + 7 + 21);
    }

    #[test]
    fn numbers_and_short_words_are_not_corrected() {
        for word in ["2030", "10km", "run", "東京", &"x".repeat(25)] {
            assert!(!is_correctable(word), "{word}");
        }
    }
}
