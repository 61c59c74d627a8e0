//! The view of a competition's row.

use chrono::{DateTime, Utc};

use crate::{
    domain::seats::{self, SeatCounts},
    model::{CompetitionView, Contact, Phase, slug},
    store::entity::{competition, user},
};

/// Returns the view of a row at `now`, without divisions. Without the organizer's account its name is empty.
pub(super) fn view_of(
    row: competition::Model,
    organizer: Option<&user::Model>,
    now: DateTime<Utc>,
) -> CompetitionView {
    let seats = seats::seats(row.open_seats(), row.capacity, row.waitlisted);
    let number = |value: i32| u32::try_from(value).unwrap_or(0);
    let email_domains = row.email_domains();
    let picture = row.picture();
    let view = CompetitionView {
        id: row.id,
        organizer_id: row.organizer_id,
        organizer_name: organizer.map(|o| o.name.clone()).unwrap_or_default(),
        organizer_has_page: organizer.is_some_and(|o| o.disabled_at.is_none()),
        organizer_contact: organizer
            .filter(|o| o.disabled_at.is_none())
            .and_then(|o| o.contact.clone())
            .map(Contact::stored),
        slug: slug(&row.title),
        title: row.title,
        description: row.description,
        location: row.location,
        tags: serde_json::from_value(row.tags).unwrap_or_default(),
        capacity: seats.capacity,
        seats_left: seats.seats_left,
        seats_reserved: number(row.seats_reserved),
        waitlist_enabled: row.waitlist_enabled,
        waitlisted: seats.waitlisted,
        divisions: Vec::new(),
        takes_codes: row.code_count > 0,
        code_required: row.code_required,
        email_domains,
        age_min: row.age_min.map(number),
        age_max: row.age_max.map(number),
        ages_unchecked: row.ages_unchecked,
        questions_revision: row.questions_revision,
        results_revision: row.results_revision,
        status: row.status,
        publish_at: row.publish_at,
        opens_at: row.opens_at,
        paused: row.paused,
        reg_deadline: row.reg_deadline,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        time_zone: row.time_zone,
        phase: Phase::Draft,
        server_time: now,
        picture_url: String::new(),
        picture,
        version: row.version,
        edited_at_version: row.edited_at_version,
        created_at: row.created_at,
    };
    view.with_picture_url().at(now)
}

/// Returns the numbers that are published after an edit, so that open pages learn of it.
pub(super) fn counts_of(row: competition::Model) -> SeatCounts {
    let seats = seats::seats(row.open_seats(), row.capacity, row.waitlisted);
    let (version, revision) = (row.version, row.edited_at_version);
    let rules = view_of(row, None, DateTime::UNIX_EPOCH).rules();
    SeatCounts::new(version, seats, revision, rules)
}
