//! Saved views of the list of a competition's participants.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CompetitionId, Language, RegistrationSort, RegistrationStatus, SavedViewId,
    forms::RegistrationFilter,
};

/// A saved view: a filter and an order of the list of participants under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SavedView {
    /// The id of the saved view.
    pub id: SavedViewId,
    /// The competition whose participants it shows.
    pub competition_id: CompetitionId,
    /// The name, one line.
    pub name: String,
    /// Words in the participant's name or e-mail address; absent if nothing is searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub search: Option<String>,
    /// The status of the registrations; absent if it shows all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub status: Option<RegistrationStatus>,
    /// The tag of the language that the participants read; absent if it shows all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false, value_type = Option<String>))]
    pub language: Option<Language>,
    /// Whether it shows those with a seat who are checked in, or those who are not; absent if it shows both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub checked_in: Option<bool>,
    /// The order of the list; absent if it is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub sort: Option<RegistrationSort>,
    /// When it was saved.
    pub created_at: DateTime<Utc>,
}

impl SavedView {
    /// Returns the filter of the list, from its beginning.
    #[must_use]
    pub fn filter(&self) -> RegistrationFilter {
        RegistrationFilter {
            status: self.status,
            search: self.search.clone(),
            language: self.language,
            checked_in: self.checked_in,
            sort: self.sort,
            after: None,
        }
    }
}

/// The saved views of a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SavedViewList {
    /// The saved views in the order of their names.
    #[cfg_attr(feature = "ssr", schema(max_items = 20))]
    pub items: Vec<SavedView>,
}
