//! The fields of a competition's form as people read them: their names, and their values in words.

use crate::{
    model::{CompetitionStatus, forms::local_time},
    text::{DateStyle, date_time},
    ui::text::{language, text},
};

/// The fields of the form, in their order.
pub(super) const FIELDS: [&str; 13] = [
    "title",
    "description",
    "location",
    "tags",
    "timeZone",
    "startsAt",
    "endsAt",
    "publishAt",
    "opensAt",
    "regDeadline",
    "capacity",
    "status",
    "waitlistEnabled",
];

/// Returns the label of a field; empty if the form has no such field.
#[must_use]
pub fn field_label(field: &str) -> &'static str {
    let t = &text().organize;
    match field {
        "title" => t.field_title,
        "description" => t.field_description,
        "location" => t.field_location,
        "tags" => t.field_tags,
        "timeZone" => t.field_zone,
        "startsAt" => t.field_starts,
        "endsAt" => t.field_ends,
        "publishAt" => t.field_publish,
        "opensAt" => t.field_opens,
        "regDeadline" => t.field_deadline,
        "capacity" => t.field_capacity,
        "status" => t.field_status,
        "waitlistEnabled" => t.field_waitlist,
        _ => "",
    }
}

/// Returns the value of a field in words: times as the site writes them, with the time zone of the form, and what
/// is chosen or ticked by its name. What can't be read stays as it is.
#[must_use]
pub fn field_words(field: &str, value: &str, zone: &str) -> String {
    let t = &text().organize;
    let value = value.trim();
    let words = match field {
        "startsAt" | "endsAt" | "publishAt" | "opensAt" | "regDeadline" => {
            return local_time(value, zone).map_or_else(
                |_| value.to_owned(),
                |time| date_time(language(), DateStyle::Full, time, zone),
            );
        }
        "waitlistEnabled" if value.is_empty() => t.no,
        "waitlistEnabled" => t.yes,
        "status" => match value.parse() {
            Ok(CompetitionStatus::Draft) => t.status_draft,
            Ok(CompetitionStatus::Published) => t.status_published,
            Ok(CompetitionStatus::Cancelled) => t.status_cancelled,
            Err(_) => value,
        },
        _ => value,
    };
    excerpt(words)
}

/// Returns the beginning of a text, short enough to be shown beside a field.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 300;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
