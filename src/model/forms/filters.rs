//! Filters, order and paging of lists. Numbers out of range are clamped: a link to a page that no longer
//! exists should show something rather than fail.

use serde::{Deserialize, Serialize};

use crate::model::{CompetitionStatus, RegistrationStatus};

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

/// The query parameters that choose a public list of competitions, for the pages and the API.
pub const LIST_PARAMETERS: [&str; 12] = [
    "search",
    "status",
    "phase",
    "tag",
    "from",
    "to",
    "place",
    "seatsLeft",
    "open",
    "sort",
    "page",
    "perPage",
];

/// The order of the list of competitions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    /// By start: the next one first, competitions that have ended last.
    #[default]
    StartsAt,
    /// By deadline: the next one first.
    RegDeadline,
    /// By free seats: the most first.
    SeatsLeft,
    /// By title, in alphabetical order.
    Title,
    /// By creation: the newest first.
    Newest,
}

/// The competitions that a list shows, and their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CompetitionFilter {
    /// Words in the title, the description, the location or the tags.
    pub search: Option<String>,
    /// The status. Drafts are only ever shown to their owner.
    pub status: Option<CompetitionStatus>,
    /// A tag that must match exactly.
    pub tag: Option<String>,
    /// Whether only competitions are shown that are open for registration and have a free seat.
    pub open: bool,
    pub sort: Sort,
}

/// The registrations of a competition that a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RegistrationFilter {
    /// The state of the registrations.
    pub status: Option<RegistrationStatus>,
    /// Words in the participant's name or e-mail address.
    pub search: Option<String>,
}
