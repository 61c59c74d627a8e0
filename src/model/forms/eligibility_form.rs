//! The form that says who may register for a competition.

use serde::{Deserialize, Serialize};

use super::{
    competition_patch::CompetitionPatch, division::AGE_MAX, errors::FieldErrors,
    field_problem::FieldProblem,
};

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
