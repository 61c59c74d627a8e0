//! Divisions of a competition, as everyone sees them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::DivisionId;

/// A division of a competition: a part of it that participants choose when they register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DivisionView {
    /// The id of the division.
    pub id: DivisionId,
    /// The name, one line.
    pub name: String,
    /// The number of its seats; absent if only the capacity of the competition limits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub capacity: Option<u32>,
    /// The number of its seats that are still free; absent without a capacity. The competition may be full all the
    /// same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub seats_left: Option<u32>,
    /// The number of registrations that hold a seat in it.
    pub taken: u32,
    /// The number of registrations on its waitlist.
    pub waitlisted: u32,
    /// The lowest age of its participants in years, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub age_min: Option<u32>,
    /// The highest age of its participants in years, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub age_max: Option<u32>,
    /// When it starts; absent if it starts with the competition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub starts_at: Option<DateTime<Utc>>,
    /// The first of its start numbers, if it has numbers of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub number_from: Option<u32>,
    /// The last of its start numbers, if it has numbers of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub number_to: Option<u32>,
}

impl DivisionView {
    /// Returns whether every seat of the division is taken, or belongs to its waitlist.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.seats_left
            .is_some_and(|seats_left| seats_left <= self.waitlisted)
    }

    /// Returns how many on its waitlist could have a seat as far as the division's own capacity is concerned.
    #[must_use]
    pub fn promotable(&self) -> u32 {
        self.waitlisted.min(self.seats_left.unwrap_or(u32::MAX))
    }
}

/// The divisions of a competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DivisionList {
    /// The divisions in their order.
    #[cfg_attr(feature = "ssr", schema(max_items = 50))]
    pub items: Vec<DivisionView>,
}
