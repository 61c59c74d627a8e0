//! A saved view of the list of participants, as the API and the page send it.

use serde::Deserialize;

use super::{
    SEARCH_LENGTH,
    errors::{FieldErrors, line},
    field_problem::FieldProblem,
    filters::RegistrationFilter,
};
use crate::model::{
    Language, RegistrationSort, RegistrationStatus,
    text_rules::{TextError, plain},
};

/// The length of the longest name of a saved view, in characters.
pub const VIEW_NAME: usize = 60;

/// A filter and an order of the list of participants under a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedViewInput {
    /// The name, one line of 1 to 60 characters. No other saved view of the competition has it.
    pub name: String,
    /// Words in the participant's name or e-mail address, at most 200 characters; nothing is searched if it is absent
    /// or `null`.
    #[serde(default)]
    pub search: Option<String>,
    /// The status of the registrations; all of them if it is absent or `null`.
    #[serde(default)]
    pub status: Option<RegistrationStatus>,
    /// The tag of the language that the participants read; all of them if it is absent or `null`.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>))]
    pub language: Option<Language>,
    /// Whether those with a seat who are checked in are shown, or those who are not; both if it is absent or `null`.
    #[serde(default)]
    pub checked_in: Option<bool>,
    /// The order of the list; that of registration if it is absent or `null`.
    #[serde(default)]
    pub sort: Option<RegistrationSort>,
}

impl SavedViewInput {
    /// Creates a saved view of what a list shows.
    #[must_use]
    pub fn of(name: String, filter: RegistrationFilter) -> Self {
        Self {
            name,
            search: filter.search,
            status: filter.status,
            language: filter.language,
            checked_in: filter.checked_in,
            sort: filter.sort,
        }
    }

    /// Checks every field, and returns the values in the form in which they are stored.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check("name", checked_name(&self.name));
        let search = self.search.as_deref().and_then(plain);
        if search
            .as_ref()
            .is_some_and(|words| words.chars().count() > SEARCH_LENGTH)
        {
            let problem = FieldProblem::Text(TextError::TooLong(SEARCH_LENGTH));
            errors.add("search", problem);
        }
        match name {
            Some(name) if errors.is_empty() => Ok(Self {
                name,
                search,
                ..self
            }),
            _ => Err(errors),
        }
    }
}

/// Another name of a saved view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedViewPatch {
    /// The name, one line of 1 to 60 characters. No other saved view of the competition has it.
    pub name: String,
}

impl SavedViewPatch {
    /// Checks the name, and returns it as it is stored.
    ///
    /// # Errors
    /// Returns an error of the field `name` if it is empty or too long.
    pub fn check(&self) -> Result<String, FieldErrors> {
        checked_name(&self.name).map_err(|problem| FieldErrors::one("name", problem))
    }
}

fn checked_name(name: &str) -> Result<String, FieldProblem> {
    line(name, FieldProblem::NoViewName, 1, VIEW_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_view_needs_a_name_and_its_search_has_a_bound() {
        let input = |name: &str, search: &str| SavedViewInput {
            name: name.to_owned(),
            search: Some(search.to_owned()),
            ..SavedViewInput::default()
        };
        let good = input(" Late ones ", "  ").check().unwrap();
        assert_eq!((good.name.as_str(), good.search), ("Late ones", None));
        let wrong = input(" ", &"x".repeat(SEARCH_LENGTH + 1));
        let wrong = wrong.check().unwrap_err();
        assert_eq!(wrong.of("name"), Some(&FieldProblem::NoViewName));
        assert!(wrong.of("search").is_some());
        assert!(input(&"x".repeat(VIEW_NAME + 1), "").check().is_err());
    }
}
