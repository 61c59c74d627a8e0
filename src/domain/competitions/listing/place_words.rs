//! The words of a place, as `competition_terms` contains them.

/// Returns the term of a word of a place, in the spellings that it may have in the table. SQLite puts only ASCII
/// letters into lower case, so other letters may be in capitals there.
pub(super) fn place_term(word: &str) -> Vec<String> {
    let lower = word.to_lowercase();
    let mut letters = lower.chars();
    let capital: String = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default();
    let mut spellings = Vec::new();
    for spelling in [&lower, &capital, &lower.to_uppercase()] {
        let term = format!("place:{}", spelling.to_ascii_lowercase());
        if !spellings.contains(&term) {
            spellings.push(term);
        }
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_place_has_a_term_in_every_spelling_of_the_table() {
        assert_eq!(place_term("hall"), ["place:hall"]);
        assert_eq!(place_term("århus"), ["place:århus", "place:Århus"]);
        assert_eq!(place_term("malmö"), ["place:malmö", "place:malmÖ"]);
    }
}
