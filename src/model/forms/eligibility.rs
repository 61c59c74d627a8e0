//! The form that says who may register for a competition.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{
    code_problem::CodeProblem, competition_patch::CompetitionPatch, division::AGE_MAX,
    errors::FieldErrors, field_problem::FieldProblem,
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

/// Who may register, as it was typed in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EligibilityForm {
    /// `on` if nobody registers without a code.
    pub code_required: String,
    /// The domains, one a line or with commas or spaces between them.
    pub email_domains: String,
    pub age_min: String,
    pub age_max: String,
    /// `on` if ages are only shown.
    pub ages_unchecked: String,
}

impl EligibilityForm {
    /// Parses the form as a change of the competition.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed.
    pub fn parse(&self) -> Result<CompetitionPatch, FieldErrors> {
        let mut errors = FieldErrors::default();
        let bounds = FieldProblem::NumberOutOfBounds(AGE_MAX.unsigned_abs());
        let mut age = |field, text: &str| match text.trim() {
            "" => None,
            text => errors.check(field, text.parse::<i64>().map_err(|_| bounds.clone())),
        };
        let (age_min, age_max) = (age("ageMin", &self.age_min), age("ageMax", &self.age_max));
        let separated = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
        let domains = self.email_domains.split(separated);
        let domains = domains.filter(|domain| !domain.is_empty());
        match errors.is_empty() {
            true => Ok(CompetitionPatch {
                code_required: Some(!self.code_required.is_empty()),
                email_domains: Some(domains.map(str::to_owned).collect()),
                age_min: Some(age_min),
                age_max: Some(age_max),
                ages_unchecked: Some(!self.ages_unchecked.is_empty()),
                ..CompetitionPatch::default()
            }),
            false => Err(errors),
        }
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
