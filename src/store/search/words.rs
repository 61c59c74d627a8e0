//! Folding of texts into words: what is the same to a person who searches becomes the same word.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The most characters of a query that are used.
const QUERY_LENGTH: usize = 200;
/// The most words of a query that are used.
const QUERY_WORDS: usize = 8;
/// The most characters of a word that are used.
const WORD_LENGTH: usize = 40;

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QueryWord {
    /// The folded word: letters, digits and marks only.
    pub text: String,
    /// Whether words that begin with it are found, too. Two characters of a script that is written without
    /// spaces are found where they stand beside each other, and nowhere else.
    pub open_ended: bool,
}

/// Returns the different words of a query in their order, at most eight, from its first 200 characters.
#[must_use]
pub fn query_words(query: &str) -> Vec<QueryWord> {
    let start: String = query.chars().take(QUERY_LENGTH).collect();
    let mut words = Vec::new();
    for run in runs(&start) {
        let found = if run.spaced {
            vec![run.text]
        } else {
            let pairs = pairs(&run.text);
            if pairs.is_empty() {
                vec![run.text]
            } else {
                pairs
            }
        };
        for text in found {
            let open_ended = run.spaced;
            let word = QueryWord { text, open_ended };
            if words.len() < QUERY_WORDS && !words.contains(&word) {
                words.push(word);
            }
        }
    }
    words
}

/// Returns the words of a text, at most about `most` of them.
#[must_use]
pub fn text_words(text: &str, most: usize) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    add_words(text, most, &mut words);
    words
}

/// Returns a text without what its words leave out: in lower case, without accents, with one space between words.
/// Texts that are sorted by it are in the order in which people look for them.
#[must_use]
pub fn folded_text(text: &str) -> String {
    let runs: Vec<_> = runs(text).map(|run| run.text).collect();
    runs.join(" ")
}

/// Adds the words of a text to `words`, up to `most` of them.
pub(super) fn add_words(text: &str, most: usize, words: &mut BTreeSet<String>) {
    for run in runs(text) {
        if words.len() >= most {
            return;
        }
        if run.spaced {
            words.insert(run.text);
        } else {
            words.extend(run.text.chars().map(String::from));
            words.extend(pairs(&run.text));
        }
    }
}

/// Returns each two characters of a text that stand beside each other.
fn pairs(text: &str) -> Vec<String> {
    let following = text.chars().skip(1);
    let pairs = text.chars().zip(following);
    pairs.map(|(a, b)| String::from_iter([a, b])).collect()
}

/// Characters that stand beside each other and belong together.
struct Run {
    text: String,
    /// Whether it is of a script that separates words by spaces.
    spaced: bool,
}

/// Splits a text into folded words. A run of a script without spaces ends after [`WORD_LENGTH`]
/// characters, and another begins; a word has no more characters than that.
fn runs(text: &str) -> impl Iterator<Item = Run> {
    let mut folded = text.nfkd().filter(|c| !is_dropped(*c)).flat_map(fold);
    let mut pending: Option<char> = None;
    std::iter::from_fn(move || {
        let first = loop {
            let next = pending.take().or_else(|| folded.next())?;
            if is_part_of_word(next) {
                break next;
            }
        };
        let spaced = !is_unspaced(first);
        let mut run = String::from(first);
        let mut length = 1;
        for next in folded.by_ref() {
            if !is_part_of_word(next) {
                break;
            }
            if is_unspaced(next) == spaced || (!spaced && length == WORD_LENGTH) {
                pending = Some(next);
                break;
            }
            if length < WORD_LENGTH {
                run.push(next);
                length += 1;
            }
        }
        Some(Run { text: run, spaced })
    })
}

/// Returns the lower case of a character; letters that people without them write as others become those.
fn fold(c: char) -> impl Iterator<Item = char> {
    let others = match c {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'þ' | 'Þ' => "th",
        'ħ' | 'Ħ' => "h",
        'ı' => "i",
        'ς' => "σ",
        _ => "",
    };
    let itself = others.is_empty().then(|| c.to_lowercase());
    others.chars().chain(itself.into_iter().flatten())
}

/// Returns whether a character is left out: an accent of a Latin, Greek or Cyrillic letter, a vowel sign of
/// Arabic or Hebrew, which are usually not written, the sign of a voiced kana, an apostrophe, or a
/// character that is not seen. Marks of other scripts are parts of their words.
fn is_dropped(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{3099}' | '\u{309a}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}')
}

fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Returns whether a character belongs to a script that puts no spaces between words: Chinese, Japanese,
/// Thai, Lao, Burmese, Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{312f}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of_query(query: &str) -> Vec<String> {
        query_words(query)
            .into_iter()
            .map(|word| word.text)
            .collect()
    }

    fn of_text(text: &str) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        add_words(text, 1_000, &mut words);
        words
    }

    #[test]
    fn case_accents_and_special_letters_make_no_difference() {
        for (one, other) in [
            ("Über", "uber"),
            ("STRASSE", "straße"),
            ("Łódź", "lodz"),
            ("Ångström", "angstrom"),
            ("smørrebrød", "SMORREBROD"),
            ("İstanbul", "istanbul"),
            ("ﬁnale", "finale"),
            ("Ｔｏｋｙｏ", "tokyo"),
            ("ΜΑΡΑΘΏΝΙΟΣ", "μαραθωνιος"),
            ("Забе́г", "забег"),
            ("e\u{301}cole", "école"),
            ("مُسَابَقَة", "مسابقة"),
        ] {
            assert_eq!(of_query(one), of_query(other), "{one}");
        }
    }

    #[test]
    fn everything_but_letters_and_digits_separates_words() {
        assert_eq!(
            of_query("Night-Run (10 km), \"open\"* AND\0x_y'z:*"),
            ["night", "run", "10", "km", "open", "and", "x", "y"]
        );
        for nothing in ["", "%", "***", "\0\0", "\"'\\", "() & | ! <-> :*", "🏃‍♀️"] {
            assert_eq!(of_query(nothing), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn scripts_without_spaces_are_found_by_characters_that_stand_beside_each_other() {
        let text = of_text("東京マラソン2030");
        for query in ["東京", "京マ", "東", "東京マラソン", "2030"] {
            assert!(
                of_query(query).iter().all(|word| text.contains(word)),
                "{query}"
            );
        }
        assert!(!text.contains("京東"));
        assert!(query_words("東京").iter().all(|word| !word.open_ended));
    }

    #[test]
    fn a_query_has_a_bounded_number_of_bounded_words() {
        assert_eq!(of_query(&"a ".repeat(10_000)), ["a"]);
        let many: String = (0..5_000).map(|n| format!("{n} ")).collect();
        assert_eq!(of_query(&many).len(), QUERY_WORDS);
        assert_eq!(of_query(&"x".repeat(10_000)), ["x".repeat(WORD_LENGTH)]);
        assert!(of_query(&"東京".repeat(5_000)).len() <= QUERY_WORDS);
        // One character that stands for 18 others.
        assert!(of_query(&"\u{fdfa}".repeat(10_000)).len() <= QUERY_WORDS);
    }

    proptest! {
        #[test]
        fn words_consist_of_letters_digits_and_marks(text in any::<String>()) {
            for word in query_words(&text) {
                prop_assert!(!word.text.is_empty());
                prop_assert!(word.text.chars().count() <= WORD_LENGTH);
                prop_assert!(word.text.chars().all(is_part_of_word));
            }
        }

        #[test]
        fn a_text_contains_every_word_of_a_query_that_is_the_same(text in "\\PC{0,60}") {
            let words = of_text(&text);
            for word in query_words(&text) {
                prop_assert!(words.contains(&word.text), "{:?}", word);
            }
        }
    }
}
