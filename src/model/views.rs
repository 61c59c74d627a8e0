//! Accounts, competitions, registrations and messages as the REST API returns them. The pages show the
//! same views.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Answers, CompetitionId, CompetitionStatus, Contact, DivisionId, DivisionView, LiveView,
    MessageId, MessageKind, Phase, PhaseRules, RegistrationId, RegistrationStatus, Role, SeatsView,
    UserId, picture::Picture,
};

/// The name of a deleted account, where it is still referred to. Pages show words of the reader's language instead.
pub const DELETED_ACCOUNT_NAME: &str = "Deleted account";

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
    /// How participants reach the organizer, which everyone sees. It is absent as long as none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Whether the owner has confirmed the e-mail address. It is not part of the API.
    #[serde(skip)]
    pub email_confirmed: bool,
    /// The time zone that the owner has chosen, by its IANA name. It is not part of the API.
    #[serde(skip)]
    pub time_zone: Option<String>,
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
    /// The name of the organizer; `Deleted account` if the account was deleted.
    pub organizer_name: String,
    /// Whether the organizer has a public page: an account that is disabled or deleted has none. It is not a
    /// part of the API.
    #[serde(skip)]
    pub organizer_has_page: bool,
    /// How participants reach the organizer, if the organizer has said so. It is not a part of the API.
    #[serde(skip)]
    pub organizer_contact: Option<Contact>,
    /// The title, one line.
    pub title: String,
    /// The words of the title in lower case with hyphens between them, for addresses. Slugs are not unique, and another
    /// title has another slug.
    pub slug: String,
    /// The description in Markdown.
    pub description: String,
    /// Where it takes place; empty if that is not known.
    pub location: String,
    /// Words in lower case to filter by.
    pub tags: Vec<String>,
    /// The number of seats.
    pub capacity: u32,
    /// The number of seats that are still free for everyone.
    pub seats_left: u32,
    /// The number of free seats besides those, which are set aside for people who have a code; absent if it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seats_reserved: u32,
    /// Whether participants may join a waitlist when all seats are taken.
    pub waitlist_enabled: bool,
    /// The number of registrations on the waitlist.
    pub waitlisted: u32,
    /// The divisions, of which participants choose one. They are absent in lists, and where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(max_items = 50))]
    pub divisions: Vec<DivisionView>,
    /// Whether the competition has codes with which one can register; absent if it has none.
    #[serde(default, skip_serializing_if = "is_false")]
    pub takes_codes: bool,
    /// Whether nobody registers without a code; absent if that is not so.
    #[serde(default, skip_serializing_if = "is_false")]
    pub code_required: bool,
    /// The domains of the confirmed e-mail addresses that may register; absent if every address may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ssr", schema(max_items = 50))]
    pub email_domains: Vec<String>,
    /// The lowest age of participants on the day of the start in years, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub age_min: Option<u32>,
    /// The highest age of participants on the day of the start in years, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub age_max: Option<u32>,
    /// Whether ages, those of divisions included, are only shown: nobody is asked for the date of birth; absent if ages are
    /// checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ages_unchecked: bool,
    /// The number of changes of the questions; 0 if there never were any. It is not a part of the API.
    #[serde(skip)]
    pub questions_revision: i32,
    /// The number of changes of the stages and standings; 0 if there never were any. It is not a part of the API.
    #[serde(skip)]
    pub results_revision: i32,
    /// The status that the organizer decided on.
    pub status: CompetitionStatus,
    /// The time at which a draft is published by itself. Every other competition has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub publish_at: Option<DateTime<Utc>>,
    /// The time at which registration opens; `null` if it has been open since it was published.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub opens_at: Option<DateTime<Utc>>,
    /// Whether the organizer has paused registration. It is not a part of the API: the phase says it.
    #[serde(skip)]
    pub paused: bool,
    /// The time at which registration closes.
    pub reg_deadline: DateTime<Utc>,
    /// When the competition starts.
    pub starts_at: DateTime<Utc>,
    /// When the competition ends, if that is known.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub ends_at: Option<DateTime<Utc>>,
    /// The time zone of the venue, by its IANA name.
    pub time_zone: String,
    /// What the state means to a visitor at `serverTime`.
    pub phase: Phase,
    /// The server's time at which this was true.
    pub server_time: DateTime<Utc>,
    /// A counter of changes, which is also the `ETag`.
    pub version: i64,
    /// The address of the picture, relative to this site: the one that the organizer has uploaded, or the
    /// cover that is drawn for the competition. Another picture has another address.
    pub picture_url: String,
    /// The picture that the organizer has uploaded. It is not a part of the API.
    #[serde(skip)]
    pub picture: Option<Picture>,
    /// The version that the organizer's latest edit produced. It is not a part of the API.
    #[serde(skip)]
    pub edited_at_version: i64,
    /// When the competition was created.
    pub created_at: DateTime<Utc>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
impl CompetitionView {
    /// Returns a published competition in UTC at the start of the Unix epoch, for tests that change what they are
    /// about.
    pub fn sample() -> Self {
        let at = DateTime::UNIX_EPOCH;
        Self {
            id: CompetitionId::new(),
            organizer_id: UserId::new(),
            organizer_name: String::new(),
            organizer_has_page: true,
            organizer_contact: None,
            title: String::new(),
            slug: String::new(),
            description: String::new(),
            location: String::new(),
            tags: Vec::new(),
            picture_url: String::new(),
            picture: None,
            capacity: 1,
            seats_left: 1,
            seats_reserved: 0,
            waitlist_enabled: false,
            waitlisted: 0,
            divisions: Vec::new(),
            takes_codes: false,
            code_required: false,
            email_domains: Vec::new(),
            age_min: None,
            age_max: None,
            ages_unchecked: false,
            questions_revision: 0,
            results_revision: 0,
            status: CompetitionStatus::Published,
            publish_at: None,
            opens_at: None,
            paused: false,
            reg_deadline: at,
            starts_at: at,
            ends_at: None,
            time_zone: "UTC".to_owned(),
            phase: Phase::Open,
            server_time: at,
            version: 7,
            edited_at_version: 3,
            created_at: at,
        }
    }
}

impl CompetitionView {
    /// Returns the phase of the competition at `now`.
    #[must_use]
    pub fn phase(&self, now: DateTime<Utc>) -> Phase {
        self.rules().phase(self.seats(), now)
    }

    /// Returns whether the time of the opening has come at `now`, if there is one.
    #[must_use]
    pub fn has_opened(&self, now: DateTime<Utc>) -> bool {
        self.opens_at.is_none_or(|opens_at| opens_at <= now)
    }

    /// Returns the first moment after `now` at which the [`phase`](Self::phase) changes by itself; `None`
    /// if it does not.
    #[must_use]
    pub fn next_phase_change(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.rules().next_change(now)
    }

    /// Returns the same competition with its phase at `now`.
    #[must_use]
    pub fn at(self, now: DateTime<Utc>) -> Self {
        Self {
            phase: self.phase(now),
            server_time: now,
            ..self
        }
    }

    /// Returns what the phase depends on besides the seats.
    #[must_use]
    pub const fn rules(&self) -> PhaseRules {
        PhaseRules {
            status: self.status,
            waitlist_enabled: self.waitlist_enabled,
            opens_at: self.opens_at,
            paused: self.paused,
            reg_deadline: self.reg_deadline,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        }
    }

    /// Returns the number of people with a seat.
    #[must_use]
    pub const fn taken(&self) -> u32 {
        let free = self.seats_left.saturating_add(self.seats_reserved);
        self.capacity.saturating_sub(free)
    }

    /// Returns the number of people with a seat or on the waitlist.
    #[must_use]
    pub fn registered(&self) -> u32 {
        self.taken() + self.waitlisted
    }

    /// Returns how many registrations on the waitlist get a seat if the capacity becomes `capacity`, as promotions count
    /// them: by division where there are divisions.
    #[must_use]
    pub fn promoted_with(&self, capacity: u32, now: DateTime<Utc>) -> u32 {
        if self.status != CompetitionStatus::Published || self.starts_at <= now {
            return 0;
        }
        let promotable = match &*self.divisions {
            [] => self.waitlisted,
            divisions => divisions.iter().map(DivisionView::promotable).sum(),
        };
        let taken = self.capacity.saturating_sub(self.seats_left);
        promotable.min(capacity.saturating_sub(taken))
    }

    /// Returns whether the organizers have edited the competition since it had this version. Registrations are no
    /// edits.
    #[must_use]
    pub fn is_edited_since(&self, version: i64) -> bool {
        !(self.edited_at_version..=self.version).contains(&version)
    }

    /// Returns what changes while a page is open, as it is at `now`.
    #[must_use]
    pub fn live(&self, now: DateTime<Utc>) -> LiveView {
        let (revision, results) = (self.edited_at_version, self.results_revision);
        self.rules().live(self.seats(), revision, results, now)
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
    /// The division, if the competition has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub division_id: Option<DivisionId>,
    /// The name of the division.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub division_name: Option<String>,
    /// The position in the waitlist, from 1, among the registrations for the same division; only while waitlisted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false, minimum = 1))]
    pub waitlist_position: Option<u32>,
    /// The start number, if the organizer has given one, and where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub start_number: Option<u32>,
    /// When the participant was checked in. It is absent as long as that has not happened, and where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub checked_in_at: Option<DateTime<Utc>>,
    /// The answers by the ids of their questions, those to archived questions included: a string, a number, an array of
    /// options, `true`, or for a consent an object with the `wording` that was agreed to and the time `agreedAt`. Only for
    /// the participant, and for those who manage or see all of the competition; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false, value_type = Option<Object>))]
    pub answers: Option<Answers>,
    /// The text of the ticket's QR code; only for the participant, while the registration holds a seat in a
    /// competition that has neither ended nor been cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub ticket_code: Option<String>,
    /// The title of the competition; only in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub competition_title: Option<String>,
    /// The name of the participant, `Deleted account` if the account was deleted; only for organizers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(nullable = false))]
    pub user_name: Option<String>,
    /// The e-mail address of the participant; only for those who manage or see all of the competition.
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

/// A title that completes what was typed into a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SuggestionView {
    /// The title of a competition.
    pub title: String,
    /// The id of the competition; if several have the title, of the one that starts next.
    pub id: CompetitionId,
}

/// Titles that complete what was typed into a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SuggestionsView {
    /// The titles, the best first.
    #[cfg_attr(feature = "ssr", schema(max_items = 8))]
    pub items: Vec<SuggestionView>,
}
