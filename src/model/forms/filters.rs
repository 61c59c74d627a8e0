//! What one may ask of a list: which part, which page. Out-of-range numbers are clamped, since a
//! page link that is a little stale should show something rather than fail.

use serde::{Deserialize, Serialize};

use crate::model::{CompetitionStatus, RegistrationStatus};

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paging {
    /// From 1.
    pub page: u64,
    /// Rows a page, 1 to 100.
    pub per_page: u64,
}

impl Paging {
    /// The last page there can be.
    pub const LAST_PAGE: u64 = 1_000_000;
    /// Most rows a page.
    pub const MOST_ROWS: u64 = 100;

    /// Page 1 is the first; absent means the first page of `default` rows.
    #[must_use]
    pub fn new(page: Option<u64>, per_page: Option<u64>, default: u64) -> Self {
        Self {
            page: page.unwrap_or(1).clamp(1, Self::LAST_PAGE),
            per_page: per_page.unwrap_or(default).clamp(1, Self::MOST_ROWS),
        }
    }

    /// Rows before this page.
    #[must_use]
    pub fn offset(self) -> u64 {
        (self.page - 1) * self.per_page
    }
}

/// The order of the list of competitions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    /// Soonest start first; what is over comes last.
    #[default]
    StartsAt,
    /// Soonest deadline first.
    RegDeadline,
    /// Most seats left first.
    SeatsLeft,
    /// By title.
    Title,
    /// Made last, first.
    Newest,
}

/// Which competitions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CompetitionFilter {
    /// Words in title, description, place or tags.
    pub search: Option<String>,
    /// As the organizer decided; drafts are only ever shown to their owner.
    pub status: Option<CompetitionStatus>,
    /// Exactly this tag.
    pub tag: Option<String>,
    /// Only those one can take a seat in right now.
    pub open: bool,
    /// In which order.
    pub sort: Sort,
}

/// Which registrations of a competition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RegistrationFilter {
    /// In this state only.
    pub status: Option<RegistrationStatus>,
    /// Words in the participant's name or address.
    pub search: Option<String>,
}
