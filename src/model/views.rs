//! What the outside sees of accounts, competitions, registrations and messages: the REST API's
//! JSON shapes, which the pages show too.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CompetitionId, CompetitionStatus, MessageId, MessageKind, RegistrationId, RegistrationStatus,
    Role, UserId,
};

/// An account, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    /// Who.
    pub id: UserId,
    /// The name others see.
    pub name: String,
    /// Where real mail would go; also the login name.
    pub email: String,
    /// What the account may do.
    pub role: Role,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A competition, as everyone sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CompetitionView {
    /// Which.
    pub id: CompetitionId,
    /// Whose.
    pub organizer_id: UserId,
    /// The organizer's name.
    pub organizer_name: String,
    /// One line.
    pub title: String,
    /// Markdown.
    pub description: String,
    /// Where it takes place; empty when not said.
    pub location: String,
    /// Lower-case words to filter by.
    pub tags: Vec<String>,
    /// Seats in all.
    pub capacity: u32,
    /// Seats that nobody holds.
    pub seats_left: u32,
    /// Whether people may queue when it is full.
    pub waitlist_enabled: bool,
    /// How many queue.
    pub waitlisted: u32,
    /// What the organizer decided.
    pub status: CompetitionStatus,
    /// Registration closes then.
    pub reg_deadline: DateTime<Utc>,
    /// It begins then.
    pub starts_at: DateTime<Utc>,
    /// It ends then, if that is known.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub ends_at: Option<DateTime<Utc>>,
    /// Counts changes; the `ETag`.
    pub version: i64,
    /// The version that the organizer's latest edit made. Not part of the API.
    #[serde(skip)]
    pub edited_at_version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What a visitor can expect of a competition right now: one word for every state a page designs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Not published.
    Draft,
    /// Called off.
    Cancelled,
    /// Over.
    Past,
    /// Under way.
    Running,
    /// The deadline has passed; not begun.
    Closed,
    /// Seats left, plenty.
    Open,
    /// Seats left, few: at most a tenth (and at least one, at most 10 seats in words).
    FewLeft,
    /// Full, but one may queue.
    Waitlist,
    /// Full.
    Full,
}

impl CompetitionView {
    /// The state of the competition at `now`.
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

    /// Only the numbers that change while people register.
    #[must_use]
    pub fn seats(&self) -> SeatsView {
        SeatsView {
            seats_left: self.seats_left,
            capacity: self.capacity,
            waitlisted: self.waitlisted,
        }
    }
}

/// The live numbers of a competition: what the event stream sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SeatsView {
    /// Seats that nobody holds.
    pub seats_left: u32,
    /// Seats in all.
    pub capacity: u32,
    /// How many queue.
    pub waitlisted: u32,
}

impl SeatsView {
    /// Seats are left, but at most a tenth of them (at least one counts as few).
    #[must_use]
    pub fn few_left(self) -> bool {
        self.seats_left > 0 && self.seats_left <= (self.capacity / 10).max(1)
    }

    /// How full, from 0 to 100.
    #[must_use]
    pub fn percent_taken(self) -> u32 {
        if self.capacity == 0 {
            return 100;
        }
        let taken = u64::from(self.capacity.saturating_sub(self.seats_left));
        u32::try_from(taken * 100 / u64::from(self.capacity)).unwrap_or(100)
    }
}

/// One person's seat or waitlist place in one competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RegistrationView {
    /// Which.
    pub registration_id: RegistrationId,
    /// Whose.
    pub user_id: UserId,
    /// Where.
    pub competition_id: CompetitionId,
    /// How it stands.
    pub status: RegistrationStatus,
    /// When it was made.
    pub registered_at: DateTime<Utc>,
    /// Place in the queue, from 1; only while waitlisted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false, minimum = 1))]
    pub waitlist_position: Option<u32>,
    /// The competition's title, in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub competition_title: Option<String>,
    /// The participant's name, for organizers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub user_name: Option<String>,
    /// The participant's address, for organizers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub user_email: Option<String>,
}

/// A message in somebody's mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// Which.
    pub id: MessageId,
    /// What it is about.
    pub kind: MessageKind,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// About which competition, if any.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub competition_id: Option<CompetitionId>,
    /// About which registration, if any.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub registration_id: Option<RegistrationId>,
    /// When it was first opened.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub read_at: Option<DateTime<Utc>>,
    /// When it arrived.
    pub created_at: DateTime<Utc>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Which page, from 1.
    #[cfg_attr(feature = "ssr", schema(minimum = 1))]
    pub page: u64,
    /// Rows a page.
    #[cfg_attr(feature = "ssr", schema(minimum = 1))]
    pub per_page: u64,
    /// Rows in all.
    pub total: u64,
}

impl<T> Page<T> {
    /// How many pages there are; at least one.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.total.div_ceil(self.per_page.max(1)).max(1)
    }

    /// The same page of something else.
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
