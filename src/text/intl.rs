//! Numbers and plural categories of the page's language, by the browser's `Intl`.

use js_sys::{Array, Intl::PluralRules, Number, Object};

use crate::model::Language;

/// Returns a number with the separators of the language. Arabic has the digits of the rest of the page.
pub(super) fn number(language: Language, number: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let number = Number::from(number as f64);
    let locale = match language {
        Language::Arabic => "ar-u-nu-latn",
        Language::English => "en-GB",
        other => other.tag(),
    };
    number.to_locale_string(locale).into()
}

/// Returns the name of a number's plural category, as CLDR has it.
pub(super) fn plural_category(language: Language, number: u64) -> String {
    let rules = PluralRules::new(&Array::of1(&language.tag().into()), &Object::new());
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    rules.select(number as f64).into()
}
