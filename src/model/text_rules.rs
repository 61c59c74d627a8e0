//! What a text must be to be kept, searched for and shown: the one place that every text from
//! outside goes through, whether it came in a form, in JSON or in a query string.
//!
//! | function | for | what does not belong |
//! | --- | --- | --- |
//! | [`line`] | names, titles, places, tags, subjects | is refused |
//! | [`block`] | descriptions and announcements, of many lines | is refused; line ends become `\n` |
//! | [`plain`] | what is only compared: search words, tags and groups in a query string | is left out |
//!
//! Two reasons. PostgreSQL keeps no NUL in a text and SQLite does, so a NUL that gets through is an
//! internal error on one of them. And a control character, or one that reverses the direction of
//! what follows, makes a name look like another one or runs out of it over the rest of a page, a
//! mail or a terminal.

use std::borrow::Cow;

/// Why a text can't be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Fewer characters than needed: none at all, or none that shows.
    #[error("it is empty")]
    Empty,
    /// Fewer characters than so many.
    #[error("Enter at least {0} characters.")]
    TooShort(usize),
    /// More characters than so many.
    #[error("Keep it to {0} characters.")]
    TooLong(usize),
    /// A line that is more than one, or has a control character in it.
    #[error("Use no line breaks or control characters.")]
    NoLine,
    /// A control character among the lines of a longer text.
    #[error("Use no control characters.")]
    Control,
    /// A character that changes the direction of what stands after it.
    #[error("Use no characters that change the direction of writing.")]
    Direction,
}

/// A single line within bounds (in characters; the upper one counts blanks around it too), trimmed: no control characters, no line breaks,
/// nothing that reverses the direction of writing, and at least one character that shows.
///
/// # Errors
/// The first reason why it is none.
pub fn line(text: &str, min: usize, max: usize) -> Result<String, TextError> {
    if text.chars().count() > max {
        return Err(TextError::TooLong(max));
    }
    let text = text.trim();
    within(text, min, max)?;
    if text.chars().any(|c| c.is_control() || breaks_lines(c)) {
        Err(TextError::NoLine)
    } else if text.chars().any(turns) {
        Err(TextError::Direction)
    } else {
        Ok(text.to_owned())
    }
}

/// Lines within bounds (in characters, counted after the line ends became one character each):
/// CRLF and CR become LF; no control characters besides LF and tab. Trimming is up to the caller.
///
/// # Errors
/// The first reason why it is none.
pub fn block(text: &str, min: usize, max: usize) -> Result<String, TextError> {
    let text = unix_lines(text);
    within(&text, min, max)?;
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
    {
        Err(TextError::Control)
    } else {
        Ok(text.into_owned())
    }
}

/// A text to compare stored ones with: what none of them has (control characters, line breaks among
/// them) becomes a space. What is left is trimmed; `None` if nothing is.
#[must_use]
pub fn plain(text: &str) -> Option<String> {
    let clean = text.replace(|c: char| c.is_control() || breaks_lines(c), " ");
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

/// What [`block`] takes, as a regular expression (ECMA-262, as JSON Schema wants it), but for bounds.
pub const BLOCK_PATTERN: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
/// A password's characters, as a regular expression.
pub const PASSWORD_PATTERN: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
/// What [`line`] takes, as a regular expression, but for the longest: blanks around it, and within
/// them a text that begins and ends with something else and is not shorter than `min`. `also` are
/// further characters that it must not hold.
#[must_use]
pub fn line_pattern(min: usize, also: &str) -> String {
    // Unicode's white space, which is what is trimmed; what else a line must not hold.
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

fn within(text: &str, min: usize, max: usize) -> Result<(), TextError> {
    let length = text.chars().count();
    if length > max {
        Err(TextError::TooLong(max))
    } else if min > 0 && !text.chars().any(shows) {
        Err(TextError::Empty)
    } else if length < min {
        Err(TextError::TooShort(min))
    } else {
        Ok(())
    }
}

/// CRLF (browsers' forms) and bare CR become LF.
fn unix_lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        text.into()
    }
}

/// Unicode's own line and paragraph separators (the others are control characters).
fn breaks_lines(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Embeddings, overrides and isolates of the bidirectional algorithm (UAX #9): their effect lasts
/// until they are closed, which need not be within the text. Marks, which last for no longer than
/// themselves, may stay.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether there is something to see: no blank, no control character, and none of those that
/// Unicode calls default ignorable (or that look like a blank, as Braille's and Hangul's).
pub(super) fn shows(c: char) -> bool {
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
    fn a_line_can_not_reverse_what_stands_beside_it() {
        for bad in ["a\u{202e}b", "\u{2067}a", "a\u{2069}"] {
            assert_eq!(line(bad, 1, 10), Err(TextError::Direction), "{bad:?}");
        }
        for good in ["שלום", "مرحبا\u{200f}", "👩\u{200d}💻", "e\u{301}"] {
            assert_eq!(line(good, 1, 10), Ok(good.to_owned()), "{good:?}");
        }
    }

    #[test]
    fn a_line_of_what_nobody_sees_is_empty() {
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
    fn line_ends_of_every_kind_become_one() {
        let text = block("a\rb\r\nc\n\rd\te", 0, 20);
        assert_eq!(text, Ok("a\nb\nc\n\nd\te".to_owned()));
        for bad in ["a\0b", "a\u{b}b", "a\u{85}b"] {
            assert_eq!(block(bad, 0, 20), Err(TextError::Control), "{bad:?}");
        }
    }

    #[test]
    fn what_is_only_looked_for_loses_what_no_text_has() {
        assert_eq!(plain("\0"), None);
        assert_eq!(plain(" Chess\0Cup\n"), Some("Chess Cup".to_owned()));
        assert_eq!(plain("\t"), None);
    }
}
