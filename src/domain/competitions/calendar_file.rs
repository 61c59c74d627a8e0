//! A competition as a calendar entry (iCalendar, RFC 5545).

use chrono::{DateTime, TimeDelta, Utc};
use icalendar::{Alarm, Component, Event, EventLike, EventStatus};
use url::Url;

use super::{plain_text::plain_text, row_view::view_of};
use crate::{
    domain::mailbox::message_texts::moment,
    model::{CompetitionStatus, CompetitionView, Language, slug},
    store::entity::competition,
    text::catalogue,
};

/// The product that created the file, as a formal public identifier (RFC 5545, section 3.7.3; ISO 9070).
const PRODUCT: &str = concat!(
    "-//Mini Compete//Mini Compete ",
    env!("CARGO_PKG_VERSION"),
    "//EN"
);

/// How long before the start a calendar reminds.
const ALARMS: [TimeDelta; 2] = [TimeDelta::days(1), TimeDelta::hours(1)];
/// How long before the opening a calendar reminds.
const OPENING_ALARM: TimeDelta = TimeDelta::minutes(10);
/// How long a calendar shows the opening.
const OPENING: TimeDelta = TimeDelta::minutes(15);

/// A competition that is written as a calendar file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarFile {
    competition: CompetitionView,
    /// When an organizer edited it last. Registrations do not count.
    edited_at: DateTime<Utc>,
}

impl From<competition::Model> for CalendarFile {
    fn from(row: competition::Model) -> Self {
        let (created_at, edited_at) = (row.created_at, row.updated_at);
        Self {
            competition: view_of(row, None, created_at),
            edited_at,
        }
    }
}

impl CalendarFile {
    /// Returns the content of an `.ics` file with the competition, in a language; links start with `public_url`.
    #[must_use]
    pub fn text(&self, public_url: &Url, language: Language) -> String {
        let competition = &self.competition;
        let mut event = self.event("", &competition.title, public_url);
        let page = page(competition, public_url);
        let when = moment(
            language,
            competition.starts_at,
            &competition.time_zone,
            None,
        );
        let parts = [when, plain_text(&competition.description), page];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        event
            .description(&parts.join("\n\n"))
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
        if competition.status != CompetitionStatus::Cancelled {
            for before in ALARMS {
                event.alarm(self.alarm("", &competition.title, before));
            }
        }
        calendar(event.done())
    }

    /// Returns the content of an `.ics` file with the opening of registration; `None` if it has no opening time.
    #[must_use]
    pub fn opening_text(&self, public_url: &Url, language: Language) -> Option<String> {
        let competition = &self.competition;
        let opens_at = competition.opens_at?;
        let title = catalogue(language).calendar.opening(&competition.title);
        let page = page(competition, public_url);
        let when = moment(language, opens_at, &competition.time_zone, None);
        let mut event = self.event("opening-", &title, public_url);
        event
            .description(&format!("{when}\n\n{page}"))
            .starts(opens_at)
            .ends(opens_at + OPENING)
            .alarm(self.alarm("opening-", &title, OPENING_ALARM));
        Some(calendar(event.done()))
    }

    /// Returns the name of the file: the title in letters, digits and hyphens, of any script.
    #[must_use]
    pub fn name(&self) -> String {
        slug(&self.competition.title)
    }

    /// Returns an alarm, which is the same in each file of the same edit.
    fn alarm(&self, prefix: &str, title: &str, before: TimeDelta) -> Alarm {
        let (id, minutes) = (self.competition.id, before.num_minutes());
        let mut alarm = Alarm::display(title, -before);
        alarm
            .uid(&format!("{prefix}alarm-{minutes}-{id}"))
            .timestamp(self.edited_at);
        alarm
    }

    /// Returns an event with what both files have in common.
    fn event(&self, prefix: &str, title: &str, public_url: &Url) -> Event {
        let competition = &self.competition;
        let host = public_url.host_str().unwrap_or("mini-compete");
        let mut event = Event::new();
        event
            .uid(&format!("{prefix}{}@{host}", competition.id))
            // Calendars keep the entry with the highest number, and of two with the same the newer one. Edits
            // change both, registrations neither.
            .sequence(u32::try_from(competition.edited_at_version).unwrap_or(u32::MAX))
            .timestamp(self.edited_at)
            .last_modified(self.edited_at)
            .summary(title)
            .url(&page(competition, public_url));
        event
    }
}

/// Returns the address of a competition's page.
fn page(competition: &CompetitionView, public_url: &Url) -> String {
    let site = public_url.as_str().trim_end_matches('/');
    format!("{site}/competitions/{}", competition.id)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file(competition: CompetitionView) -> CalendarFile {
        CalendarFile {
            competition,
            edited_at: "2030-01-05T12:30:00Z".parse().unwrap(),
        }
    }

    fn site() -> Url {
        "https://c.example".parse().unwrap()
    }

    fn competition() -> CompetitionView {
        let start = "2030-03-02T09:00:00Z".parse().unwrap();
        CompetitionView {
            organizer_name: "Ada".into(),
            title: "Sprint; round, one".into(),
            description: "**Line** one\n\nBEGIN:VALARM".into(),
            location: "Hall 1".into(),
            reg_deadline: start,
            starts_at: start,
            time_zone: "Europe/Copenhagen".into(),
            server_time: start,
            created_at: start,
            ..CompetitionView::sample()
        }
    }

    #[test]
    fn an_entry_contains_time_place_and_title_in_utc() {
        let text = file(competition()).text(&site(), Language::English);
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n"));
        for line in [
            &*format!("PRODID:{PRODUCT}\r\n"),
            "VERSION:2.0\r\n",
            "DTSTART:20300302T090000Z\r\n",
            "SUMMARY:Sprint\\; round\\, one\r\n",
            "LOCATION:Hall 1\r\n",
            "SEQUENCE:3\r\n",
            "DTSTAMP:20300105T123000Z\r\n",
            "STATUS:CONFIRMED\r\n",
            "TRIGGER:-PT86400S\r\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn the_opening_is_an_entry_of_its_own_with_an_alarm() {
        assert_eq!(
            file(competition()).opening_text(&site(), Language::English),
            None
        );
        let opens_at = Some("2030-02-16T17:00:00Z".parse().unwrap());
        let competition = CompetitionView {
            opens_at,
            ..competition()
        };
        let text = file(competition)
            .opening_text(&site(), Language::English)
            .unwrap();
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
        let text = file(competition()).text(&site(), Language::English);
        assert_eq!(text.matches("PRODID:").count(), 1);
    }

    #[test]
    fn texts_cannot_inject_lines_and_show_no_marks() {
        let mut competition = competition();
        competition.status = CompetitionStatus::Cancelled;
        let text = file(competition).text(&site(), Language::English);
        assert!(
            !text.contains("\nBEGIN:VALARM"),
            "a cancelled one reminds of nothing"
        );
        let unfolded = text.replace("\r\n ", "");
        let description = "DESCRIPTION:Saturday\\, 2 March 2030 at 10:00 CET (09:00 UTC)\\n\\nLine one\\n\\nBEGIN:VALARM\\n\\nhttps://c.example/competitions/";
        assert!(unfolded.contains(description), "{unfolded}");
    }

    #[test]
    fn a_file_is_named_after_its_competition() {
        let mut competition = competition();
        competition.title = "Sprint; round, one".into();
        assert_eq!(file(competition).name(), "sprint-round-one");
    }
}
