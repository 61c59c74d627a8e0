//! The form of the sentences: a small part of ICU's `MessageFormat`, which the server and the browser read
//! with the same code.
//!
//! | form | meaning |
//! | --- | --- |
//! | `{title}` | the value of that name; numbers are grouped as the language does |
//! | `{n, plural, =0 {none} one {one seat} other {{n} seats}}` | the form for the number `n`: first an exact one, then the one of its plural category (CLDR) |
//!
//! There is no escape: a sentence contains no other braces.

#[cfg(feature = "hydrate")]
use super::intl as locale;
#[cfg(not(feature = "hydrate"))]
use super::locale;
use crate::model::Language;

/// A value in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceholderValue<'a> {
    /// A text, which is shown as it is.
    Text(&'a str),
    /// A number, which is formatted.
    Number(u64),
}

impl<'a> From<&'a str> for PlaceholderValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for PlaceholderValue<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// Puts values into a sentence. A value that is missing, and a form that does not read, leave a gap; a test
/// reads every sentence of the catalogue, so none does.
pub(super) fn render(
    language: Language,
    template: &str,
    values: &[(&str, PlaceholderValue<'_>)],
) -> String {
    let mut sentence = String::with_capacity(template.len());
    write(&mut sentence, language, template, values);
    sentence
}

fn write(
    sentence: &mut String,
    language: Language,
    template: &str,
    values: &[(&str, PlaceholderValue<'_>)],
) {
    let mut rest = template;
    while let Some((before, placeholder, after)) = next(rest) {
        sentence.push_str(before);
        let (name, forms) = parts(placeholder);
        let value = values.iter().find(|(other, _)| *other == name);
        match value.map(|(_, value)| *value) {
            Some(PlaceholderValue::Text(text)) if is_isolated(language, text) => {
                sentence.push(FIRST_STRONG_ISOLATE);
                sentence.push_str(text);
                sentence.push(POP_ISOLATE);
            }
            Some(PlaceholderValue::Text(text)) => sentence.push_str(text),
            Some(PlaceholderValue::Number(number)) => match forms {
                None => sentence.push_str(&locale::number(language, number)),
                Some(forms) => {
                    let form = chosen(forms, language, number).unwrap_or_default();
                    write(sentence, language, form, values);
                }
            },
            None => {}
        }
        rest = after;
    }
    sentence.push_str(rest);
}

/// Begins a text whose direction is that of its first letter, and which does not change the one around it (Unicode
/// Standard Annex 9, section 2.4).
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
/// Ends such a text.
const POP_ISOLATE: char = '\u{2069}';

/// Returns whether a value is isolated from the sentence around it: wherever one of them may be written from right to
/// left. An address is not, since readers of mail would take the marks for a part of it.
fn is_isolated(language: Language, value: &str) -> bool {
    let is_address = value.starts_with("https://") || value.starts_with("http://");
    !value.is_empty() && !is_address && (language == Language::Arabic || value.contains(is_rtl))
}

/// Returns whether a character is in a block of a script that is written from right to left.
const fn is_rtl(character: char) -> bool {
    matches!(
        character,
        '\u{590}'..='\u{8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe70}'..='\u{feff}'
            | '\u{10800}'..='\u{10fff}'
            | '\u{1e800}'..='\u{1efff}'
    )
}

/// Returns a sentence without the marks that isolate its values, for where it becomes a value itself.
#[cfg(feature = "ssr")]
#[must_use]
pub fn without_isolation(sentence: &str) -> String {
    sentence.replace([FIRST_STRONG_ISOLATE, POP_ISOLATE], "")
}

/// Returns what stands before the first pair of braces, between them, and after them.
pub(super) fn next(template: &str) -> Option<(&str, &str, &str)> {
    let start = template.find('{')?;
    let mut depth = 0_usize;
    for (index, byte) in template.bytes().enumerate().skip(start) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let between = template.get(start + 1..index)?;
            return Some((template.get(..start)?, between, template.get(index + 1..)?));
        }
    }
    None
}

/// Returns the name of a placeholder, and its plural forms if it has some.
pub(super) fn parts(placeholder: &str) -> (&str, Option<&str>) {
    match placeholder.split_once(',') {
        None => (placeholder.trim(), None),
        Some((name, rest)) => {
            let (_, forms) = rest.split_once(',').unwrap_or(("", ""));
            (name.trim(), Some(forms))
        }
    }
}

/// Returns the form for a number: the exact one, or the one of its category.
fn chosen(forms: &str, language: Language, number: u64) -> Option<&str> {
    let mut rest = forms;
    let category = locale::plural_category(language, number);
    let (mut exact, mut by_category, mut other) = (None, None, None);
    while let Some((name, form, after)) = next(rest) {
        let name = name.trim();
        match name.strip_prefix('=') {
            Some(digits) if digits.parse() == Ok(number) => exact = Some(form),
            Some(_) => {}
            None if name == category => by_category = Some(form),
            None if name == "other" => other = Some(form),
            None => {}
        }
        rest = after;
    }
    exact.or(by_category).or(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_the_sentence_names_them() {
        let values = [("name", "Ada".into()), ("n", 12_345_u64.into())];
        let render = |template| render(Language::English, template, &values);
        assert_eq!(render("Hello"), "Hello");
        assert_eq!(render("{n} for {name}, {name}!"), "12,345 for Ada, Ada!");
        assert_eq!(render("Hello {nobody}."), "Hello .");
        assert_eq!(render("Hello {name"), "Hello {name");
    }

    #[test]
    fn a_value_is_never_read_as_a_part_of_the_sentence() {
        let values = [("name", "{n}".into()), ("n", 1_u64.into())];
        let template = "{n, plural, one {{name}} other {}}";
        assert_eq!(render(Language::English, template, &values), "{n}");
    }

    #[test]
    fn a_value_of_another_direction_is_isolated_and_an_address_is_not() {
        let said = |language, value: &str| {
            let sentence = render(language, "A {value}!", &[("value", value.into())]);
            assert_eq!(without_isolation(&sentence), format!("A {value}!"));
            sentence
        };
        assert_eq!(said(Language::English, "Ada"), "A Ada!");
        let arabic = said(Language::English, "مسابقة 5");
        assert_eq!(arabic, "A \u{2068}مسابقة 5\u{2069}!");
        assert_eq!(said(Language::Arabic, "Ada"), "A \u{2068}Ada\u{2069}!");
        let link = "https://c.example/?a=1";
        assert_eq!(said(Language::Arabic, link), format!("A {link}!"));
        assert_eq!(said(Language::Arabic, ""), "A !");
    }

    #[test]
    fn a_number_chooses_the_form_of_its_category() {
        let forms = "{n, plural, =0 {none} one {one seat} other {{n} seats}} left";
        let said = |n: u64| render(Language::English, forms, &[("n", n.into())]);
        assert_eq!(said(0), "none left");
        assert_eq!(said(1), "one seat left");
        assert_eq!(said(2000), "2,000 seats left");
        let arabic = "{n, plural, zero {z} one {o} two {t} few {f} many {m} other {x}}";
        let chosen: String = [0_u64, 1, 2, 3, 11, 100]
            .map(|n| render(Language::Arabic, arabic, &[("n", n.into())]))
            .concat();
        assert_eq!(chosen, "zotfmx");
    }
}
