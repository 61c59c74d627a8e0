//! The languages in which people read the application, and which of them a client prefers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The ranges of `Accept-Language` that are read; browsers send a handful.
#[cfg(feature = "ssr")]
const MAX_RANGES: usize = 32;
/// The longest range that is read, in bytes.
#[cfg(feature = "ssr")]
const MAX_RANGE: usize = 35;

/// A language of the catalogue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "ssr",
    derive(sea_orm::DeriveValueType),
    sea_orm(value_type = "String")
)]
pub enum Language {
    /// English, which is used where nothing else is known.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German, with the tag `de`.
    #[serde(rename = "de")]
    German,
    /// Spanish, with the tag `es`.
    #[serde(rename = "es")]
    Spanish,
    /// French, with the tag `fr`.
    #[serde(rename = "fr")]
    French,
    /// Japanese, with the tag `ja`.
    #[serde(rename = "ja")]
    Japanese,
    /// Arabic, with the tag `ar`, written from right to left.
    #[serde(rename = "ar")]
    Arabic,
}

impl Language {
    /// All languages, in the order in which a menu shows them.
    pub const ALL: [Self; 6] = [
        Self::English,
        Self::German,
        Self::Spanish,
        Self::French,
        Self::Japanese,
        Self::Arabic,
    ];

    /// Returns the language's tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::Japanese => "ja",
            Self::Arabic => "ar",
        }
    }

    /// Returns the language with this tag, in upper or lower case.
    #[must_use]
    pub fn with_tag(tag: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(tag))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A text that is no tag of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such language")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        Self::with_tag(tag).ok_or(UnknownLanguage)
    }
}

#[cfg(feature = "ssr")]
impl Language {
    /// Returns the name of the language in the language itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Spanish => "Español",
            Self::French => "Français",
            Self::Japanese => "日本語",
            Self::Arabic => "العربية",
        }
    }

    /// Returns the direction of its script, as the attribute `dir` has it.
    #[must_use]
    pub const fn direction(self) -> &'static str {
        match self {
            Self::Arabic => "rtl",
            _ => "ltr",
        }
    }

    /// Returns the language among `offered` that the client prefers, by the values of `Accept-Language` (RFC
    /// 9110, section 12.5.4): the first match of the range with the greatest weight, where a range such as
    /// `de-AT` also matches what it begins with (the lookup of RFC 4647, section 3.4). Returns `None` if no
    /// range matches.
    pub fn preferred<'a>(
        accepted: impl IntoIterator<Item = &'a str>,
        offered: &[Self],
    ) -> Option<Self> {
        let ranges = accepted.into_iter().flat_map(|line| line.split(','));
        let mut best: Option<(Self, f32)> = None;
        for (range, weight) in ranges.take(MAX_RANGES).filter_map(weighted) {
            let heavier = best.is_none_or(|(_, present)| weight > present);
            if let Some(language) = lookup(range, offered).filter(|_| heavier) {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

/// Returns a range and its weight, from an element such as `de-AT;q=0.8`. One with the weight 0 is refused,
/// and one that does not read is ignored.
#[cfg(feature = "ssr")]
fn weighted(element: &str) -> Option<(&str, f32)> {
    let (range, parameter) = match element.split_once(';') {
        Some((range, parameter)) => (range.trim(), parameter.trim()),
        None => (element.trim(), "q=1"),
    };
    let (name, weight) = parameter.split_once('=')?;
    let weight: f32 = weight.trim().parse().ok()?;
    let valid = name.trim().eq_ignore_ascii_case("q")
        && weight > 0.0
        && weight <= 1.0
        && range.len() <= MAX_RANGE;
    valid.then_some((range, weight))
}

/// Returns the language that a range matches, after cutting off its last parts one by one.
#[cfg(feature = "ssr")]
fn lookup(range: &str, offered: &[Language]) -> Option<Language> {
    let mut range = range;
    loop {
        let found = Language::with_tag(range).filter(|found| offered.contains(found));
        if found.is_some() {
            return found;
        }
        (range, _) = range.rsplit_once('-')?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferred(line: &str) -> Option<Language> {
        Language::preferred([line], &Language::ALL)
    }

    #[test]
    fn the_range_with_the_greatest_weight_is_preferred() {
        for (line, language) in [
            ("de", Some(Language::German)),
            ("fr;q=0.5, ja;q=0.9, de;q=0.1", Some(Language::Japanese)),
            ("es, fr", Some(Language::Spanish)),
            ("fr;q=0.8,es;q=0.8", Some(Language::French)),
            ("pl, cs;q=0.9", None),
            ("", None),
            ("*", None),
        ] {
            assert_eq!(preferred(line), language, "{line}");
        }
    }

    #[test]
    fn a_range_matches_what_it_begins_with() {
        for (line, language) in [
            ("de-AT", Some(Language::German)),
            ("DE-de", Some(Language::German)),
            ("es-419", Some(Language::Spanish)),
            ("ar-Arab-EG", Some(Language::Arabic)),
            ("gsw-de", None),
            ("den", None),
            ("pl, fr-CA;q=0.9, en;q=0.8", Some(Language::French)),
        ] {
            assert_eq!(preferred(line), language, "{line}");
        }
    }

    #[test]
    fn what_is_refused_or_does_not_read_is_ignored() {
        for line in [
            "de;q=0",
            "de;q=0.000",
            "de;q=2",
            "de;q=NaN",
            "de;q=x",
            "de;x=1",
            "de;",
            ";q=1",
            ",,,",
            "d\u{e9}",
        ] {
            assert_eq!(preferred(line), None, "{line}");
        }
        let late = format!("{}de", "pl,".repeat(MAX_RANGES));
        assert_eq!(preferred(&late), None);
        let long = format!("de-{}", "x".repeat(MAX_RANGE));
        assert_eq!(preferred(&long), None);
    }

    #[test]
    fn only_an_offered_language_is_preferred() {
        let offered = [Language::English, Language::German];
        let accepted = ["fr, de;q=0.5", "en;q=0.4"];
        let preferred = Language::preferred(accepted, &offered);
        assert_eq!(preferred, Some(Language::German));
    }
}
