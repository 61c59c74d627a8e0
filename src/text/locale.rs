//! Numbers and plural categories of each language, by ICU4X. The browser's `Intl` has the same rules, since
//! both come from CLDR.

use std::sync::LazyLock;

use icu_decimal::{DecimalFormatter, input::Decimal};
use icu_locale_core::{Locale, locale};
use icu_plurals::{PluralCategory, PluralRules, PluralRulesOptions};
use icu_provider::DataError;

use crate::model::Language;

/// The rules of one language.
#[derive(Debug)]
struct Rules {
    decimal: DecimalFormatter,
    plural: PluralRules,
}

/// The rules of each language. They are missing if the library has no data for it, which a test rules out.
type AllRules = [LazyLock<Option<Rules>>; Language::ALL.len()];

static RULES: AllRules = [
    LazyLock::new(|| Rules::new(Language::English).ok()),
    LazyLock::new(|| Rules::new(Language::German).ok()),
    LazyLock::new(|| Rules::new(Language::Spanish).ok()),
    LazyLock::new(|| Rules::new(Language::French).ok()),
    LazyLock::new(|| Rules::new(Language::Japanese).ok()),
    LazyLock::new(|| Rules::new(Language::Arabic).ok()),
];

impl Rules {
    fn new(language: Language) -> Result<Self, DataError> {
        let locale = locale_of(language);
        Ok(Self {
            decimal: DecimalFormatter::try_new((&locale).into(), Default::default())?,
            plural: PluralRules::try_new((&locale).into(), PluralRulesOptions::default())?,
        })
    }
}

/// Returns the locale of a language. English dates are those of Britain, with the day first and 24 hours;
/// Arabic has the digits of the rest of the page.
pub(super) fn locale_of(language: Language) -> Locale {
    match language {
        Language::English => locale!("en-GB"),
        Language::German => locale!("de"),
        Language::Spanish => locale!("es"),
        Language::French => locale!("fr"),
        Language::Japanese => locale!("ja"),
        Language::Arabic => locale!("ar-u-nu-latn"),
    }
}

fn rules(language: Language) -> Option<&'static Rules> {
    RULES[language as usize].as_ref()
}

/// Returns a number with the separators of the language: `12,345` or `12.345`.
pub(super) fn number(language: Language, number: u64) -> String {
    match rules(language) {
        Some(rules) => rules.decimal.format(&Decimal::from(number)).to_string(),
        None => number.to_string(),
    }
}

/// Returns the name of a number's plural category, as CLDR has it.
pub(super) fn plural_category(language: Language, number: u64) -> &'static str {
    rules(language).map_or("other", |rules| name(rules.plural.category_for(number)))
}

/// Returns the names of all plural categories that whole numbers have in the language.
#[cfg(test)]
pub(super) fn plural_categories(language: Language) -> Vec<&'static str> {
    let plural = &rules(language).unwrap().plural;
    plural.categories().map(name).collect()
}

const fn name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_rules_for_numbers_and_plurals() {
        for (language, grouped, of_one) in [
            (Language::English, "1,234,567", "one"),
            (Language::German, "1.234.567", "one"),
            (Language::Spanish, "1.234.567", "one"),
            (Language::French, "1\u{202f}234\u{202f}567", "one"),
            (Language::Japanese, "1,234,567", "other"),
            (Language::Arabic, "1,234,567", "one"),
        ] {
            assert_eq!(number(language, 1_234_567), grouped, "{language:?}");
            assert_eq!(plural_category(language, 1), of_one, "{language:?}");
        }
        assert_eq!(number(Language::English, 999), "999");
    }
}
