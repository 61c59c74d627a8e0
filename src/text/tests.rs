//! What every language of the catalogue has to keep.

use std::collections::{BTreeSet, HashMap};

use super::{
    languages::{OFFERED, catalogue},
    locale,
    sentence::Sentence,
    template,
};
use crate::model::Language;

/// Returns what is wrong with a sentence.
fn faults(language: Language, sentence: Sentence) -> Vec<String> {
    let Sentence {
        group,
        key,
        template,
        values,
    } = sentence;
    let mut found = Vec::new();
    if template.trim() != template || template.is_empty() {
        found.push("is empty, or begins or ends with a space".to_owned());
    }
    let mut used = BTreeSet::new();
    read(language, template, values, &mut used, &mut found);
    for (name, _) in values {
        if !used.contains(name) {
            found.push(format!("does not say {{{name}}}"));
        }
    }
    let name = |fault| format!("{language:?} {group}.{key} {fault}: {template}");
    found.into_iter().map(name).collect()
}

/// Reads a sentence, or one of its plural forms.
fn read<'a>(
    language: Language,
    text: &'a str,
    values: &[(&str, &str)],
    used: &mut BTreeSet<&'a str>,
    found: &mut Vec<String>,
) {
    let mut rest = text;
    while let Some((before, placeholder, after)) = template::next(rest) {
        if before.contains('}') {
            found.push("has a brace that closes nothing".to_owned());
        }
        let (name, forms) = template::parts(placeholder);
        used.insert(name);
        match (values.iter().find(|(other, _)| *other == name), forms) {
            (None, _) => found.push(format!("has no value {{{name}}}")),
            (Some((_, "u64")), Some(forms)) => read_forms(language, forms, values, used, found),
            (Some(_), Some(_)) => found.push(format!("has plural forms for the text {{{name}}}")),
            (Some(_), None) => {}
        }
        rest = after;
    }
    if rest.contains(['{', '}']) {
        found.push("has a brace without its counterpart".to_owned());
    }
}

fn read_forms<'a>(
    language: Language,
    forms: &'a str,
    values: &[(&str, &str)],
    used: &mut BTreeSet<&'a str>,
    found: &mut Vec<String>,
) {
    let mut categories = BTreeSet::new();
    let mut rest = forms;
    while let Some((name, form, after)) = template::next(rest) {
        let name = name.trim();
        match name.strip_prefix('=') {
            Some(digits) if digits.parse::<u64>().is_ok() => {}
            _ => {
                categories.insert(name);
            }
        }
        read(language, form, values, used, found);
        rest = after;
    }
    if !rest.trim().is_empty() {
        found.push(format!("has something after its forms: {rest}"));
    }
    let expected: BTreeSet<_> = locale::plural_categories(language).into_iter().collect();
    if categories != expected {
        found.push(format!("has the forms {categories:?}, not {expected:?}"));
    }
}

#[test]
fn sentences_name_the_values_that_they_have_and_every_plural_form_of_their_language() {
    for language in OFFERED.iter().copied() {
        let catalogue = catalogue(language);
        assert_eq!(catalogue.language, language);
        let faults: Vec<_> = catalogue
            .sentences()
            .into_iter()
            .flat_map(|sentence| faults(catalogue.language, sentence))
            .collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

/// Returns two numbers for which a sentence says the same, if there are some.
fn alike(language: Language, sentence: Sentence) -> Option<(u64, u64)> {
    let Sentence {
        template, values, ..
    } = sentence;
    let numbers = values.iter().filter(|(_, kind)| *kind == "u64");
    for (counted, _) in numbers {
        let mut said = HashMap::new();
        for n in 0..=200_u64 {
            let value = |(name, kind): &(&'static str, &'static str)| match *kind {
                "u64" if name == counted => (*name, n.into()),
                "u64" => (*name, 7_u64.into()),
                _ => (*name, "x".into()),
            };
            let values: Vec<_> = values.iter().map(value).collect();
            let words = template::render(language, template, &values);
            if let Some(other) = said.insert(words, n) {
                return Some((other, n));
            }
        }
    }
    None
}

#[test]
fn a_sentence_says_another_thing_for_each_number() {
    for language in OFFERED.iter().copied() {
        for sentence in catalogue(language).sentences() {
            let (group, key) = (sentence.group, sentence.key);
            assert_eq!(alike(language, sentence), None, "{language} {group}.{key}");
        }
    }
    // In French, "one" is also the form of 0.
    let wrong = Sentence {
        group: "Group",
        key: "key",
        template: "{n, plural, one {une place} many {{n} de places} other {{n} places}}",
        values: &[("n", "u64")],
    };
    assert_eq!(alike(Language::French, wrong), Some((0, 1)));
}

/// Returns whether a sentence has a straight quote or apostrophe, other than in text that readers copy as it is.
fn has_straight_quotes(template: &str) -> bool {
    let mut for_readers = template.split('`').step_by(2);
    for_readers.any(|text| text.contains(['\'', '"']))
}

#[test]
fn sentences_have_the_quotes_and_apostrophes_of_print() {
    for language in OFFERED.iter().copied() {
        for sentence in catalogue(language).sentences() {
            let (group, key, template) = (sentence.group, sentence.key, sentence.template);
            let name = format!("{language} {group}.{key}: {template}");
            assert!(!has_straight_quotes(template), "{name}");
        }
    }
    assert!(has_straight_quotes("You're in!"));
    assert!(has_straight_quotes("Press \"Register\"."));
    assert!(!has_straight_quotes("You’re in: `\"a\"`"));
}

#[test]
fn a_sentence_with_a_mistake_is_found() {
    let values: &[(&str, &str)] = &[("n", "u64"), ("title", "&str")];
    for (template, fault) in [
        ("{n} of {name}", "has no value {name}"),
        ("{n}", "does not say {title}"),
        ("{n, plural, other {{title}}}", "has the forms"),
        ("{title, plural, one {{n}} other {}}", "for the text"),
        ("{n} {title} }", "without its counterpart"),
        (" {n} {title}", "begins or ends with a space"),
    ] {
        let sentence = Sentence {
            group: "Group",
            key: "key",
            template,
            values,
        };
        let found = faults(Language::English, sentence).join("\n");
        assert!(found.contains(fault), "{template}: {found}");
    }
}

#[test]
fn durations_are_said_in_their_largest_units() {
    let t = &catalogue(Language::English).islands;
    for (seconds, words) in [
        (-5, "0 min 00 s"),
        (69, "1 min 09 s"),
        (600, "10 min"),
        (7500, "2 h 05 min"),
        (86_400, "1 d"),
        (100_000, "1 d 3 h"),
        (40 * 86_400, "40 days"),
    ] {
        assert_eq!(t.span(seconds), words);
    }
}
