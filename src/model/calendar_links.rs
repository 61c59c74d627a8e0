//! Links that open a form of an online calendar with a competition filled in: Google Calendar and Outlook.
//!
//! They are addresses and nothing else: no page of this site loads anything from there. Neither service
//! documents a limit; both take addresses of 2,000 bytes, so each text in them has a bound.

use chrono::{DateTime, Utc};
use url::Url;

use super::{CompetitionView, time_zone};

/// The most bytes of a text in a link, before they are encoded. Encoded they are at most three times as many.
const TEXT_MAX: usize = 160;
/// The most bytes of an address in a link. A longer one is left out, since a part of it leads nowhere.
const ADDRESS_MAX: usize = 200;

/// Returns the link that adds a competition to Google Calendar. `page` is the address of a page about it.
#[must_use]
pub fn google(competition: &CompetitionView, page: &str) -> String {
    let compact = |time: DateTime<Utc>| time.format("%Y%m%dT%H%M%SZ").to_string();
    let (start, end) = (competition.starts_at, end(competition));
    let dates = format!("{}/{}", compact(start), compact(end.unwrap_or(start)));
    // The zone of the venue, so that the entry stays there when the calendar's owner travels. Google knows
    // the names of the IANA, and a wrong one would move nothing, since the times are in UTC.
    let zone = time_zone::parse_or_utc(&competition.time_zone);
    link(
        "https://calendar.google.com/calendar/render",
        &[
            ("action", "TEMPLATE"),
            ("text", bounded(&competition.title, TEXT_MAX)),
            ("dates", &dates),
            ("ctz", zone.name()),
            ("location", bounded(&competition.location, TEXT_MAX)),
            ("details", whole(page)),
        ],
    )
}

/// Returns the link that adds a competition to Outlook's calendar. `page` is the address of a page about it.
#[must_use]
pub fn outlook(competition: &CompetitionView, page: &str) -> String {
    let written = |time: DateTime<Utc>| time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let end = end(competition).map(written).unwrap_or_default();
    link(
        "https://outlook.live.com/calendar/0/deeplink/compose",
        &[
            ("path", "/calendar/action/compose"),
            ("rru", "addevent"),
            ("subject", bounded(&competition.title, TEXT_MAX)),
            ("startdt", &written(competition.starts_at)),
            ("enddt", &end),
            ("location", bounded(&competition.location, TEXT_MAX)),
            ("body", whole(page)),
        ],
    )
}

/// Returns the end of a competition, if it is known and after the start.
fn end(competition: &CompetitionView) -> Option<DateTime<Utc>> {
    competition
        .ends_at
        .filter(|end| *end > competition.starts_at)
}

/// Returns an address with a query. Spaces are written as `%20`: Outlook shows a plus sign as it is. Empty
/// values are left out.
fn link(address: &str, pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    let Ok(mut url) = Url::parse(address) else {
        return address.to_owned();
    };
    url.query_pairs_mut().extend_pairs(pairs);
    let query = url.query().unwrap_or_default().replace('+', "%20");
    format!("{address}?{query}")
}

/// Returns an address, or nothing if it is too long.
fn whole(address: &str) -> &str {
    if address.len() <= ADDRESS_MAX {
        address
    } else {
        ""
    }
}

/// Returns the beginning of a text that has at most that many bytes, of whole characters.
fn bounded(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://c.example/competitions/1?a=b&c=d";

    fn competition(title: &str, location: &str) -> CompetitionView {
        let start = "2030-07-02T09:00:00Z".parse().unwrap();
        CompetitionView {
            organizer_name: "Ada".into(),
            title: title.into(),
            location: location.into(),
            reg_deadline: start,
            starts_at: start,
            ends_at: Some("2030-07-02T17:30:00Z".parse().unwrap()),
            time_zone: "Europe/Copenhagen".into(),
            server_time: start,
            created_at: start,
            ..CompetitionView::sample()
        }
    }

    /// Returns the pairs of the query as the service reads them.
    fn read(link: &str) -> std::collections::BTreeMap<String, String> {
        let url = Url::parse(link).unwrap();
        url.query_pairs().into_owned().collect()
    }

    #[test]
    fn google_gets_both_times_in_utc_and_the_zone_of_the_venue() {
        let competition = competition("Chess & go: 50% + more", "Hall 1, København");
        let link = google(&competition, PAGE);
        assert!(link.starts_with("https://calendar.google.com/calendar/render?action=TEMPLATE&"));
        let read = read(&link);
        for (name, value) in [
            ("text", "Chess & go: 50% + more"),
            ("dates", "20300702T090000Z/20300702T173000Z"),
            ("ctz", "Europe/Copenhagen"),
            ("location", "Hall 1, København"),
            ("details", PAGE),
        ] {
            assert_eq!(read[name], value, "{link}");
        }
    }

    #[test]
    fn outlook_gets_both_times_in_utc() {
        let link = outlook(&competition("Chess & go", "Hall #1"), PAGE);
        let read = read(&link);
        for (name, value) in [
            ("path", "/calendar/action/compose"),
            ("rru", "addevent"),
            ("subject", "Chess & go"),
            ("startdt", "2030-07-02T09:00:00Z"),
            ("enddt", "2030-07-02T17:30:00Z"),
            ("location", "Hall #1"),
            ("body", PAGE),
        ] {
            assert_eq!(read[name], value, "{link}");
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let mut competition = competition("東京マラソン", "");
        competition.ends_at = None;
        competition.time_zone = "Mars/Olympus".into();
        let google = read(&google(&competition, PAGE));
        assert_eq!(google["dates"], "20300702T090000Z/20300702T090000Z");
        assert_eq!(google["ctz"], "UTC");
        assert_eq!(google.get("location"), None);
        let outlook = read(&outlook(&competition, PAGE));
        assert_eq!(outlook.get("enddt"), None);
        // An end before the start is no end.
        competition.ends_at = Some("2030-07-01T09:00:00Z".parse().unwrap());
        assert_eq!(read(&super::outlook(&competition, PAGE)).get("enddt"), None);
    }

    #[test]
    fn a_space_is_no_plus_sign_and_a_plus_sign_is_one() {
        for link in [
            google(&competition("a b+c", ""), PAGE),
            outlook(&competition("a b+c", ""), PAGE),
        ] {
            assert!(link.contains("a%20b%2Bc") && !link.contains('+'), "{link}");
        }
    }

    #[test]
    fn the_longest_texts_of_any_script_make_a_link_that_services_take() {
        let long = "マラソン \u{1f3c3} &?#".repeat(200);
        let page = format!("https://c.example/{}", "x".repeat(5_000));
        for link in [
            google(&competition(&long, &long), &page),
            outlook(&competition(&long, &long), &page),
        ] {
            assert!(link.len() <= 2_000, "{}", link.len());
            assert!(link.is_ascii());
            let title = read(&link);
            let title = title.get("text").or_else(|| title.get("subject")).unwrap();
            assert!(long.starts_with(title.as_str()) && title.len() > 140);
        }
    }
}
