//! Searching texts for words, the same way in all lists.

use sea_orm::sea_query::LikeExpr;

/// The maximum number of words of a search that are used; the others are ignored.
const MAX_WORDS: usize = 8;
/// The maximum length of a word, in characters; the rest of it is ignored.
const MAX_WORD_LENGTH: usize = 60;

/// Returns the words of a search in lower case: at most eight, of at most 60 characters each.
#[must_use]
pub fn search_words(search: Option<&str>) -> Vec<String> {
    search
        .unwrap_or_default()
        .split_whitespace()
        .take(MAX_WORDS)
        .map(|word| {
            word.chars()
                .take(MAX_WORD_LENGTH)
                .collect::<String>()
                .to_lowercase()
        })
        .collect()
}

/// Returns the pattern `%word%` for `LIKE`, with the wildcards in the word taken literally.
#[must_use]
pub fn contains_pattern(word: &str) -> LikeExpr {
    let literal = word
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    LikeExpr::new(format!("%{literal}%")).escape('\\')
}
