//! A competition as a calendar entry (iCalendar, RFC 5545).

use chrono::TimeDelta;
use icalendar::{Alarm, Component, Event, EventLike, EventStatus};
use url::Url;

use super::row_view::view_of;
use crate::{
    model::{CompetitionStatus, CompetitionView},
    store::entity::competition,
};

/// The product that created the file, as a formal public identifier (RFC 5545, section 3.7.3; ISO 9070).
const PRODUCT: &str = concat!(
    "-//Mini Compete//Mini Compete ",
    env!("CARGO_PKG_VERSION"),
    "//EN"
);

/// A competition that is written as a calendar file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarFile(pub CompetitionView);

impl From<competition::Model> for CalendarFile {
    fn from(row: competition::Model) -> Self {
        let created_at = row.created_at;
        Self(view_of(row, None, created_at))
    }
}

/// The opening of a competition that is written as a calendar file, with an alarm before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningCalendarFile(pub CompetitionView);

/// How long before the opening the alarm is.
const ALARM: TimeDelta = TimeDelta::minutes(10);
/// How long the calendar shows the opening.
const OPENING: TimeDelta = TimeDelta::minutes(15);

impl OpeningCalendarFile {
    /// Returns the content of an `.ics` file; links start with `public_url`. Returns `None` if registration
    /// has no opening time.
    #[must_use]
    pub fn text(&self, public_url: &Url) -> Option<String> {
        let competition = &self.0;
        let opens_at = competition.opens_at?;
        let site = public_url.as_str().trim_end_matches('/');
        let host = public_url.host_str().unwrap_or("mini-compete");
        let page = format!("{site}/competitions/{}", competition.id);
        let title = format!("Registration opens: {}", competition.title);
        let mut event = Event::new();
        event
            .uid(&format!("opening-{}@{host}", competition.id))
            .sequence(u32::try_from(competition.edited_at_version).unwrap_or(u32::MAX))
            .timestamp(competition.created_at)
            .summary(&title)
            .description(&page)
            .url(&page)
            .starts(opens_at)
            .ends(opens_at + OPENING)
            .alarm(Alarm::display(&title, -ALARM));
        Some(calendar(event.done()))
    }
}

/// Returns the text of a calendar with one event.
fn calendar(event: Event) -> String {
    let mut calendar = icalendar::Calendar::empty();
    for property in [
        ("VERSION", "2.0"),
        ("PRODID", PRODUCT),
        ("CALSCALE", "GREGORIAN"),
    ] {
        calendar.append_property(property);
    }
    calendar.push(event).done().to_string()
}

impl CalendarFile {
    /// Returns the content of an `.ics` file; links start with `public_url`.
    #[must_use]
    pub fn text(&self, public_url: &Url) -> String {
        let site = public_url.as_str().trim_end_matches('/');
        let host = public_url.host_str().unwrap_or("mini-compete");
        entry(&self.0, site, host)
    }
}

fn entry(competition: &CompetitionView, site: &str, host: &str) -> String {
    let mut event = Event::new();
    event
        .uid(&format!("{}@{host}", competition.id))
        // Calendars keep the entry with the highest number. Registrations do not change it.
        .sequence(u32::try_from(competition.edited_at_version).unwrap_or(u32::MAX))
        .timestamp(competition.created_at)
        .summary(&competition.title)
        .description(&competition.description)
        .url(&format!("{site}/competitions/{}", competition.id))
        .starts(competition.starts_at)
        .status(match competition.status {
            CompetitionStatus::Draft => EventStatus::Tentative,
            CompetitionStatus::Published => EventStatus::Confirmed,
            CompetitionStatus::Cancelled => EventStatus::Cancelled,
        });
    if let Some(end) = competition
        .ends_at
        .filter(|end| *end > competition.starts_at)
    {
        event.ends(end);
    }
    if !competition.location.is_empty() {
        event.location(&competition.location);
    }
    calendar(event.done())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CompetitionId, Phase, UserId};

    fn competition() -> CompetitionView {
        let start = "2030-03-02T09:00:00Z".parse().unwrap();
        CompetitionView {
            id: CompetitionId::new(),
            organizer_id: UserId::new(),
            organizer_name: "Ada".into(),
            organizer_has_page: true,
            picture_url: String::new(),
            picture: None,
            title: "Sprint; round, one".into(),
            description: "Line one\nBEGIN:VALARM".into(),
            location: "Hall 1".into(),
            tags: vec![],
            capacity: 1,
            seats_left: 1,
            waitlist_enabled: false,
            waitlisted: 0,
            status: CompetitionStatus::Published,
            opens_at: None,
            reg_deadline: start,
            starts_at: start,
            ends_at: None,
            time_zone: "UTC".into(),
            phase: Phase::Open,
            server_time: start,
            version: 7,
            edited_at_version: 3,
            created_at: start,
        }
    }

    #[test]
    fn an_entry_contains_time_place_and_title_in_utc() {
        let text = CalendarFile(competition()).text(&"https://c.example".parse().unwrap());
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n"));
        for line in [
            &*format!("PRODID:{PRODUCT}\r\n"),
            "VERSION:2.0\r\n",
            "DTSTART:20300302T090000Z\r\n",
            "SUMMARY:Sprint\\; round\\, one\r\n",
            "LOCATION:Hall 1\r\n",
            "SEQUENCE:3\r\n",
            "STATUS:CONFIRMED\r\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn the_opening_is_an_entry_of_its_own_with_an_alarm() {
        let site = "https://c.example".parse().unwrap();
        assert_eq!(OpeningCalendarFile(competition()).text(&site), None);
        let opens_at = Some("2030-02-16T17:00:00Z".parse().unwrap());
        let competition = CompetitionView {
            opens_at,
            ..competition()
        };
        let text = OpeningCalendarFile(competition).text(&site).unwrap();
        for line in [
            "DTSTART:20300216T170000Z\r\n",
            "SUMMARY:Registration opens: Sprint\\; round\\, one\r\n",
            "BEGIN:VALARM\r\n",
            "TRIGGER:-PT600S\r\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn the_product_is_named_by_a_formal_public_identifier() {
        let parts: Vec<_> = PRODUCT.split("//").collect();
        assert!(
            matches!(parts[..], ["-", owner, text, "EN"] if !owner.is_empty() && !text.is_empty())
        );
        let text = CalendarFile(competition()).text(&"https://c.example".parse().unwrap());
        assert_eq!(text.matches("PRODID:").count(), 1);
    }

    #[test]
    fn texts_cannot_inject_lines() {
        let text = CalendarFile(competition()).text(&"https://c.example".parse().unwrap());
        assert!(!text.contains("\r\nBEGIN:VALARM"));
        assert!(!text.contains("\nBEGIN:VALARM"));
    }
}
