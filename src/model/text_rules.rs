//! The rules for texts: every text from outside passes here before it is stored, searched for or
//! shown, whether it came in a form, in JSON or in a query string.
//!
//! | function | used for | unwanted characters |
//! | --- | --- | --- |
//! | [`line()`] | names, titles, locations, tags, subjects | make it fail |
//! | [`block`] | descriptions and announcements, of many lines | make it fail; line ends become `\n` |
//! | [`plain`] | search words, tags and groups in a query string, which are only compared | become spaces |
//!
//! There are two reasons. PostgreSQL stores no NUL in a text and SQLite does, so a NUL would be an
//! internal error on one of them. And a control character, or one that reverses the direction of the
//! text after it, can make one name look like another, or change how the rest of a page, a mail or a
//! terminal looks.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The reason why a text is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextError {
    /// The text has no character, or none that is visible.
    Empty,
    /// The text has fewer characters than this.
    TooShort(usize),
    /// The text has more characters than this.
    TooLong(usize),
    /// A single line holds a line break or a control character.
    NoLine,
    /// A text of several lines holds a control character.
    Control,
    /// A character changes the direction of the text after it.
    Direction,
}

/// Trims a single line and checks it: no control characters, no line breaks, no character that
/// reverses the direction of writing and, unless `min` is 0, at least one visible character. `min`
/// and `max` count characters; `max` includes the blanks that are trimmed.
///
/// # Errors
/// Returns the first [`TextError`] that applies.
pub fn line(text: &str, min: usize, max: usize) -> Result<String, TextError> {
    if text.chars().count() > max {
        return Err(TextError::TooLong(max));
    }
    let text = text.trim();
    check_length(text, min, max)?;
    if text.chars().any(|c| c.is_control() || breaks_lines(c)) {
        Err(TextError::NoLine)
    } else if text.chars().any(changes_direction) {
        Err(TextError::Direction)
    } else {
        Ok(text.to_owned())
    }
}

/// Checks a text of several lines: CRLF and CR become LF, and no control characters besides LF and
/// tab are allowed. `min` and `max` count characters after that conversion. The text is not trimmed.
///
/// # Errors
/// Returns the first [`TextError`] that applies.
pub fn block(text: &str, min: usize, max: usize) -> Result<String, TextError> {
    let text = unix_lines(text);
    check_length(&text, min, max)?;
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
    {
        Err(TextError::Control)
    } else {
        Ok(text.into_owned())
    }
}

/// Prepares a text that is compared with stored ones: characters that no stored text has (control
/// characters, line breaks among them) become spaces, and the rest is trimmed. Returns `None` if
/// nothing is left.
#[must_use]
pub fn plain(text: &str) -> Option<String> {
    let clean = text.replace(|c: char| c.is_control() || breaks_lines(c), " ");
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

/// The texts that [`block`] accepts, as a regular expression in ECMA-262's syntax (which JSON Schema
/// requires), without the bounds.
pub const BLOCK_PATTERN: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
/// The characters of a password, as a regular expression.
pub const PASSWORD_PATTERN: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
/// Returns the texts that [`line()`] accepts, as a regular expression without the upper bound: optional
/// blanks around a text of at least `min` characters that begins and ends with something else. The
/// characters in `also` are excluded too.
#[must_use]
pub fn line_pattern(min: usize, also: &str) -> String {
    // Unicode's white space, which is trimmed; then the characters that a line must not hold.
    const BLANK: &str = r"\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
    const NEVER: &str = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069";
    let within = format!("[^{also}{NEVER}]");
    let edge = format!("[^{also}{NEVER}{BLANK}]");
    let core = match min {
        0 => format!("(?:{edge}(?:{within}*{edge})?)?"),
        1 => format!("{edge}(?:{within}*{edge})?"),
        _ => format!("{edge}{within}{{{},}}{edge}", min - 2),
    };
    format!("^[{BLANK}]*{core}[{BLANK}]*$")
}

/// Checks the length of a text, and that something in it is visible.
fn check_length(text: &str, min: usize, max: usize) -> Result<(), TextError> {
    let length = text.chars().count();
    if length > max {
        Err(TextError::TooLong(max))
    } else if min > 0 && !text.chars().any(is_visible) {
        Err(TextError::Empty)
    } else if length < min {
        Err(TextError::TooShort(min))
    } else {
        Ok(())
    }
}

/// Converts CRLF (which browsers' forms send) and bare CR to LF.
fn unix_lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        text.into()
    }
}

/// Returns whether a character is Unicode's line or paragraph separator. (All other line breaks are
/// control characters.)
fn breaks_lines(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns whether a character is an embedding, override or isolate of the bidirectional algorithm
/// (UAX #9): its effect lasts until it is closed, which need not happen within the text. Marks have no
/// lasting effect and are allowed.
fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether a character is visible: no blank, no control character, and none that Unicode calls
/// default ignorable or that looks like a blank (as one in Braille and one in Hangul do).
pub(super) fn is_visible(c: char) -> bool {
    !(c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_control_characters_wherever_they_stand() {
        for bad in [
            "a\0b",
            "a\nb",
            "a\rb",
            "a\tb",
            "a\u{1b}b",
            "a\u{7f}b",
            "a\u{85}b",
            "a\u{9f}b",
            "a\u{2028}b",
        ] {
            assert_eq!(line(bad, 1, 10), Err(TextError::NoLine), "{bad:?}");
        }
        // At its ends, a line break is only a blank.
        assert_eq!(line(" a b\r\n", 1, 10), Ok("a b".to_owned()));
        assert_eq!(line("a\0", 1, 10), Err(TextError::NoLine));
    }

    #[test]
    fn a_line_cannot_reverse_the_direction_of_its_surroundings() {
        for bad in ["a\u{202e}b", "\u{2067}a", "a\u{2069}"] {
            assert_eq!(line(bad, 1, 10), Err(TextError::Direction), "{bad:?}");
        }
        for good in ["שלום", "مرحبا\u{200f}", "👩\u{200d}💻", "e\u{301}"] {
            assert_eq!(line(good, 1, 10), Ok(good.to_owned()), "{good:?}");
        }
    }

    #[test]
    fn a_line_of_invisible_characters_is_empty() {
        for bad in [
            "",
            "  ",
            "\u{200b}\u{200b}\u{200b}",
            "\u{3164}",
            "\u{2800} \u{feff}",
        ] {
            assert_eq!(line(bad, 1, 10), Err(TextError::Empty), "{bad:?}");
        }
        assert_eq!(line("", 0, 10), Ok(String::new()));
    }

    #[test]
    fn bounds_count_characters() {
        assert_eq!(line("ab", 3, 4), Err(TextError::TooShort(3)));
        assert_eq!(line("äöüß", 3, 4), Ok("äöüß".to_owned()));
        assert_eq!(line("äöüßx", 3, 4), Err(TextError::TooLong(4)));
        assert_eq!(block("a\r\nb", 0, 3), Ok("a\nb".to_owned()));
    }

    #[test]
    fn every_kind_of_line_end_becomes_a_line_feed() {
        let text = block("a\rb\r\nc\n\rd\te", 0, 20);
        assert_eq!(text, Ok("a\nb\nc\n\nd\te".to_owned()));
        for bad in ["a\0b", "a\u{b}b", "a\u{85}b"] {
            assert_eq!(block(bad, 0, 20), Err(TextError::Control), "{bad:?}");
        }
    }

    #[test]
    fn a_search_text_loses_the_characters_that_no_stored_text_has() {
        assert_eq!(plain("\0"), None);
        assert_eq!(plain(" Chess\0Cup\n"), Some("Chess Cup".to_owned()));
        assert_eq!(plain("\t"), None);
    }
}
