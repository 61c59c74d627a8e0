//! Accounts, competitions, registrations and messages as the REST API returns them. The pages show the
//! same views.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CompetitionId, CompetitionStatus, MessageId, MessageKind, RegistrationId, RegistrationStatus,
    Role, UserId,
};

/// An account as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    /// The id of the account.
    pub id: UserId,
    /// The name that others see.
    pub name: String,
    /// The e-mail address, with which the account logs in.
    pub email: String,
    /// The rights of the account.
    pub role: Role,
    /// When the account was created.
    pub created_at: DateTime<Utc>,
}

/// A competition as every visitor sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CompetitionView {
    /// The id of the competition.
    pub id: CompetitionId,
    /// The account that owns the competition.
    pub organizer_id: UserId,
    /// The name of the organizer.
    pub organizer_name: String,
    /// The title, one line.
    pub title: String,
    /// The description in Markdown.
    pub description: String,
    /// Where it takes place; empty if that is not known.
    pub location: String,
    /// Words in lower case to filter by.
    pub tags: Vec<String>,
    /// The number of seats.
    pub capacity: u32,
    /// The number of seats that are still free.
    pub seats_left: u32,
    /// Whether participants may join a waitlist when all seats are taken.
    pub waitlist_enabled: bool,
    /// The number of registrations on the waitlist.
    pub waitlisted: u32,
    /// The status that the organizer decided on.
    pub status: CompetitionStatus,
    /// The time at which registration closes.
    pub reg_deadline: DateTime<Utc>,
    /// When the competition starts.
    pub starts_at: DateTime<Utc>,
    /// When the competition ends, if that is known.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub ends_at: Option<DateTime<Utc>>,
    /// A counter of changes, which is also the `ETag`.
    pub version: i64,
    /// The version that the organizer's latest edit produced. It is not a part of the API.
    #[serde(skip)]
    pub edited_at_version: i64,
    /// When the competition was created.
    pub created_at: DateTime<Utc>,
}

/// What the state of a competition means to a visitor at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// It is not published.
    Draft,
    /// The organizer has cancelled it.
    Cancelled,
    /// The competition has ended.
    Past,
    /// It has started and has not ended.
    Running,
    /// The deadline has passed, and it has not started.
    Closed,
    /// More than a few seats are free.
    Open,
    /// At most a tenth of the seats is free, and at least one.
    FewLeft,
    /// All seats are taken, and the waitlist is open.
    Waitlist,
    /// All seats are taken.
    Full,
}

impl CompetitionView {
    /// Returns the phase of the competition at `now`.
    #[must_use]
    pub fn phase(&self, now: DateTime<Utc>) -> Phase {
        let end = self.ends_at.unwrap_or(self.starts_at);
        match self.status {
            CompetitionStatus::Draft => Phase::Draft,
            CompetitionStatus::Cancelled => Phase::Cancelled,
            CompetitionStatus::Published if end < now => Phase::Past,
            CompetitionStatus::Published if self.starts_at <= now => Phase::Running,
            CompetitionStatus::Published if self.reg_deadline <= now => Phase::Closed,
            CompetitionStatus::Published if self.seats_left == 0 && self.waitlist_enabled => {
                Phase::Waitlist
            }
            CompetitionStatus::Published if self.seats_left == 0 => Phase::Full,
            CompetitionStatus::Published if self.seats().few_left() => Phase::FewLeft,
            CompetitionStatus::Published => Phase::Open,
        }
    }

    /// Returns the first moment after `now` at which the [`phase`](Self::phase) changes by itself; `None`
    /// if it does not.
    #[must_use]
    pub fn next_phase_change(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.status != CompetitionStatus::Published {
            return None;
        }
        // The phase ends just after the end, and the others begin exactly at their moment.
        let end = self.ends_at.unwrap_or(self.starts_at) + TimeDelta::milliseconds(1);
        let moments = [self.reg_deadline, self.starts_at, end];
        moments.into_iter().filter(|moment| *moment > now).min()
    }

    /// Returns the numbers that change while participants register.
    #[must_use]
    pub fn seats(&self) -> SeatsView {
        SeatsView {
            seats_left: self.seats_left,
            capacity: self.capacity,
            waitlisted: self.waitlisted,
        }
    }
}

/// The seat counts of a competition, as the event stream sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SeatsView {
    /// The number of seats that are still free.
    pub seats_left: u32,
    /// The number of seats.
    pub capacity: u32,
    /// The number of registrations on the waitlist.
    pub waitlisted: u32,
}

impl SeatsView {
    /// Returns whether seats are free, but at most a tenth of them (one free seat is always few).
    #[must_use]
    pub fn few_left(self) -> bool {
        self.seats_left > 0 && self.seats_left <= (self.capacity / 10).max(1)
    }

    /// Returns how many percent of the seats are taken, from 0 to 100.
    #[must_use]
    pub fn percent_taken(self) -> u32 {
        if self.capacity == 0 {
            return 100;
        }
        let taken = u64::from(self.capacity.saturating_sub(self.seats_left));
        u32::try_from(taken * 100 / u64::from(self.capacity)).unwrap_or(100)
    }
}

/// The registration of one account for one competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RegistrationView {
    /// The id of the registration.
    pub registration_id: RegistrationId,
    /// The account that registered.
    pub user_id: UserId,
    /// The competition that the registration is for.
    pub competition_id: CompetitionId,
    /// The state of the registration.
    pub status: RegistrationStatus,
    /// When the account registered.
    pub registered_at: DateTime<Utc>,
    /// The position in the waitlist, from 1; only while waitlisted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false, minimum = 1))]
    pub waitlist_position: Option<u32>,
    /// The title of the competition; only in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub competition_title: Option<String>,
    /// The name of the participant; only for organizers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub user_name: Option<String>,
    /// The e-mail address of the participant; only for organizers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub user_email: Option<String>,
}

/// A message in an account's mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// The id of the message.
    pub id: MessageId,
    /// The subject matter of the message.
    pub kind: MessageKind,
    /// The subject, one line.
    pub subject: String,
    /// The text, without markup.
    pub body: String,
    /// The competition that the message is about, if any.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub competition_id: Option<CompetitionId>,
    /// The registration that the message is about, if any.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub registration_id: Option<RegistrationId>,
    /// When the account first opened the message.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub read_at: Option<DateTime<Utc>>,
    /// When the message was written.
    pub created_at: DateTime<Utc>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The number of this page, from 1.
    #[cfg_attr(feature = "ssr", schema(minimum = 1))]
    pub page: u64,
    /// The number of items per page.
    #[cfg_attr(feature = "ssr", schema(minimum = 1))]
    pub per_page: u64,
    /// The number of items on all pages.
    pub total: u64,
}

impl<T> Page<T> {
    /// Returns the number of pages, at least 1.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.per_page.max(1)).max(1)
    }

    /// Returns the same page with each item converted.
    #[must_use]
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            page: self.page,
            per_page: self.per_page,
            total: self.total,
        }
    }
}
