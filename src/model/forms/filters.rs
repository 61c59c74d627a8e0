//! Paging of lists, and the filter of a list of registrations. Numbers out of range are clamped: a link to a page that no longer
//! exists should show something rather than fail.

use serde::{Deserialize, Serialize};

use crate::model::{Language, RegistrationId, RegistrationSort, RegistrationStatus};

/// The page of a list that is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Paging {
    /// The number of the page, from 1.
    pub page: u64,
    /// The number of rows per page, 1 to 100.
    pub per_page: u64,
}

impl Paging {
    /// The highest number of a page.
    pub const LAST_PAGE: u64 = 1_000_000;
    /// The highest number of rows per page.
    pub const MOST_ROWS: u64 = 100;

    /// Creates a page within bounds; absent values mean the first page and `default` rows.
    #[must_use]
    pub fn new(page: Option<u64>, per_page: Option<u64>, default: u64) -> Self {
        Self {
            page: page.unwrap_or(1).clamp(1, Self::LAST_PAGE),
            per_page: per_page.unwrap_or(default).clamp(1, Self::MOST_ROWS),
        }
    }

    /// Returns the number of rows before this page.
    #[must_use]
    pub fn offset(self) -> u64 {
        (self.page - 1) * self.per_page
    }
}

/// The registrations of a competition that a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RegistrationFilter {
    /// The state of the registrations.
    pub status: Option<RegistrationStatus>,
    /// Words in the participant's name or e-mail address.
    pub search: Option<String>,
    /// The language of the participants.
    pub language: Option<Language>,
    /// Whether those with a seat who are checked in are listed, or those who are not.
    pub checked_in: Option<bool>,
    /// The order of the list; exports have their own.
    pub sort: Option<RegistrationSort>,
    /// The last registration of the page before; the list begins behind it. Exports ignore it.
    pub after: Option<RegistrationId>,
}

/// The number of registrations that are counted where several frequent conditions are combined.
pub const COUNTED_REGISTRATIONS: u64 = 1_000;

impl RegistrationFilter {
    /// Returns the parameters of the page with this list that are set, without its place in the list.
    #[must_use]
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let status = self.status.map(|it| it.to_string());
        let language = self.language.map(|it| it.tag().to_owned());
        let checked_in = self.checked_in.map(|it| it.to_string());
        let sort = self.sort.map(|it| it.to_string());
        let all = [
            ("search", self.search.clone()),
            ("status", status),
            ("language", language),
            ("checkedIn", checked_in),
            ("sort", sort),
        ];
        let set = |(name, value): (&'static str, Option<String>)| Some((name, value?));
        all.into_iter()
            .filter_map(set)
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// Returns whether the list has the order in which the registrations are stored, and is not searched.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let is_stored_order = match self.sort {
            None => true,
            Some(sort) => {
                sort == RegistrationSort::RegisteredAt
                    && self.status != Some(RegistrationStatus::Waitlisted)
            }
        };
        is_stored_order && !self.has_conditions() && self.after.is_none()
    }

    /// Returns whether the list is searched or filtered by something else than the status.
    #[must_use]
    pub const fn has_conditions(&self) -> bool {
        self.search.is_some() || self.language.is_some() || self.checked_in.is_some()
    }
}
