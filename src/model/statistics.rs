//! The numbers of a competition over time, as the API returns them to its organizer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{DivisionView, Interval};

/// How many registrations a competition got and lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CountsView {
    /// The number of registrations that got a seat at once.
    pub registered: u64,
    /// The number of registrations that joined the waitlist.
    pub waitlisted: u64,
    /// The number of registrations that were promoted from the waitlist to a seat.
    pub promoted: u64,
    /// The number of seats that were given back.
    pub cancelled: u64,
    /// The number of registrations that left the waitlist.
    pub left_waitlist: u64,
}

/// What happened in one minute, hour or day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StatisticsBucket {
    /// The beginning of the minute, of the hour or of the day in the time zone of the competition.
    pub start: DateTime<Utc>,
    /// What has changed in it.
    pub counts: CountsView,
    /// The number of seats that were taken at its end.
    pub seats_taken: u64,
    /// The number of registrations that were on the waitlist at its end.
    pub waiting: u64,
}

/// How often something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TallyView {
    /// What happened: the code of a refusal, the tag of a language, or the domain of a page. It is empty for visitors
    /// whom no page has sent, and `…` stands for the rarer domains.
    pub name: String,
    /// How often it happened.
    pub count: u64,
}

/// The numbers of a competition over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StatisticsView {
    /// The length of the buckets.
    pub interval: Interval,
    /// The time zone in which hours and days begin, by its IANA name.
    pub time_zone: String,
    /// The number of seats.
    pub capacity: u64,
    /// What has happened in all, from the first registration on.
    pub totals: CountsView,
    /// The newest buckets in which anything changed, the oldest first: at most 1,440 minutes, 744 hours or 400 days.
    #[cfg_attr(feature = "ssr", schema(max_items = 1440))]
    pub buckets: Vec<StatisticsBucket>,
    /// The divisions with their registrations as they are now; absent where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(max_items = 50))]
    pub divisions: Vec<DivisionView>,
    /// The number of participants with a seat who are checked in; absent until anybody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub checked_in: Option<u64>,
    /// The number of participants with a seat who did not come: who are not checked in although the competition has
    /// started. It is absent before the start, and where nobody is checked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub no_shows: Option<u64>,
    /// The registrations that were refused, by the code of the reason, the most frequent first. Unlike the other
    /// numbers, those of a server that crashed may be missing.
    pub refusals: Vec<TallyView>,
    /// The visitors of the competition's page, by the language of the page, the most frequent first.
    pub languages: Vec<TallyView>,
    /// The visitors of the competition's page, by the domain of the page that sent them, the most frequent first: at
    /// most 50 domains.
    pub referrers: Vec<TallyView>,
}
