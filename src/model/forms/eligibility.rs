//! The conditions of a registration, as they are stored.

use std::collections::HashSet;

use super::{
    code_problem::CodeProblem, division::AGE_MAX, errors::FieldErrors, field_problem::FieldProblem,
};
use crate::model::ascii_domain;

/// The number of domains of e-mail addresses that a competition may name.
pub const EMAIL_DOMAINS: usize = 50;
/// The length of the longest domain, in characters.
pub const EMAIL_DOMAIN: usize = 253;

/// Returns domains of e-mail addresses as they are stored: in lower case, without an `@` before them, each once however it is
/// written.
pub(super) fn domains(typed: &[String]) -> Result<Vec<String>, FieldProblem> {
    if typed.len() > EMAIL_DOMAINS {
        return Err(CodeProblem::TooManyDomains(EMAIL_DOMAINS as u64).into());
    }
    let mut domains: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    for domain in typed {
        if domain.chars().count() > EMAIL_DOMAIN {
            return Err(CodeProblem::NotADomain.into());
        }
        let domain = domain.trim().trim_start_matches('@').to_lowercase();
        let ascii = ascii_domain(&domain).filter(|_| is_domain(&domain));
        if known.insert(ascii.ok_or(CodeProblem::NotADomain)?) {
            domains.push(domain);
        }
    }
    Ok(domains)
}

/// Returns whether a text has the form of a domain: labels of letters, digits and hyphens, two at least.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.chars().count())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

/// Checks the limits of age that a change names.
pub(super) fn check_ages(errors: &mut FieldErrors, ages: [(&str, Option<i64>); 2]) {
    for (field, age) in ages {
        if !age.is_none_or(|age| (1..=AGE_MAX).contains(&age)) {
            errors.add(
                field,
                FieldProblem::NumberOutOfBounds(AGE_MAX.unsigned_abs()),
            );
        }
    }
    if let [(_, Some(min)), (field, Some(max))] = ages
        && min > max
    {
        errors.add(field, FieldProblem::AgesOutOfOrder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_stored_in_lower_case_and_once() {
        let typed = [
            "@Uni.Example",
            "uni.example",
            " other.example ",
            "Köln.example",
            "xn--kln-sna.example",
        ];
        let typed = typed.map(str::to_owned);
        let stored = ["uni.example", "other.example", "köln.example"].map(str::to_owned);
        assert_eq!(domains(&typed), Ok(stored.to_vec()));
        for wrong in [
            "",
            "localhost",
            "a@b.example",
            "a..example",
            "-a.example",
            "a b.example",
        ] {
            assert!(domains(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
