//! The words of a place, as `competition_terms` contains them.

/// The most words of a place that are used.
const MAX_WORDS: usize = 8;

/// Returns a term for each word of a place, in the spellings that it may have in the table. SQLite puts
/// only ASCII letters into lower case, so other letters may be in capitals there.
pub(super) fn place_terms(place: &str) -> Vec<Vec<String>> {
    place
        .split(|character: char| character.is_ascii() && !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS)
        .map(spellings)
        .collect()
}

fn spellings(word: &str) -> Vec<String> {
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
    fn a_place_has_a_term_for_each_word_in_every_spelling_of_the_table() {
        assert_eq!(
            place_terms("hall 1, (berlin)"),
            [["place:hall"], ["place:1"], ["place:berlin"]]
        );
        assert_eq!(place_terms("århus"), [["place:århus", "place:Århus"]]);
        assert_eq!(place_terms("malmö"), [["place:malmö", "place:malmÖ"]]);
        assert!(place_terms("--,").is_empty());
        assert_eq!(place_terms(&"a ".repeat(100)).len(), MAX_WORDS);
    }
}
