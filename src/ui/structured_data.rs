//! What search engines read of a competition: an `Event` of schema.org as JSON-LD.

use serde_json::{Map, Value, json};

use super::{
    paths,
    public_url::PublicUrl,
    text::{language, text},
};
use crate::model::{CompetitionStatus, CompetitionView};

/// Returns the competition as the content of a `<script type="application/ld+json">`. Such an element is
/// data, which browsers never run, and nothing in it can end the element.
#[must_use]
pub(super) fn event(competition: &CompetitionView, summary: &str, site: &PublicUrl) -> String {
    let picture = paths::social_card(competition, language());
    let time = |moment: chrono::DateTime<chrono::Utc>| {
        Value::from(moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
    };
    let address = site.absolute(&paths::competition(competition.id));
    let organizer_name = text().account.account_name(&competition.organizer_name);
    let mut organizer = json!({ "@type": "Organization", "name": organizer_name });
    if competition.organizer_has_page {
        organizer["url"] = site
            .absolute(&paths::organizer(competition.organizer_id))
            .into();
    }
    let status = match competition.status {
        CompetitionStatus::Cancelled => "https://schema.org/EventCancelled",
        CompetitionStatus::Draft | CompetitionStatus::Published => {
            "https://schema.org/EventScheduled"
        }
    };
    let availability = if competition.seats_left > 0 {
        "https://schema.org/InStock"
    } else {
        "https://schema.org/SoldOut"
    };
    let mut event = Map::from_iter(
        [
            ("@context", "https://schema.org".into()),
            ("@type", "Event".into()),
            ("name", competition.title.clone().into()),
            ("startDate", time(competition.starts_at)),
            ("eventStatus", status.into()),
            ("url", address.clone().into()),
            ("image", json!([site.absolute(&picture)])),
            ("organizer", organizer),
            ("maximumAttendeeCapacity", competition.capacity.into()),
            (
                "offers",
                json!({
                    "@type": "Offer",
                    "url": address,
                    "availability": availability,
                    "validThrough": time(competition.reg_deadline),
                }),
            ),
        ]
        .map(|(name, value): (&str, Value)| (name.to_owned(), value)),
    );
    if let Some(end) = competition.ends_at {
        event.insert("endDate".to_owned(), time(end));
    }
    if !summary.is_empty() {
        event.insert("description".to_owned(), summary.into());
    }
    let (mode, location) = if competition.location.eq_ignore_ascii_case("online") {
        let place = json!({ "@type": "VirtualLocation", "url": address });
        ("https://schema.org/OnlineEventAttendanceMode", Some(place))
    } else {
        let place = &competition.location;
        let place = (!place.is_empty())
            .then(|| json!({ "@type": "Place", "name": place, "address": place }));
        ("https://schema.org/OfflineEventAttendanceMode", place)
    };
    event.insert("eventAttendanceMode".to_owned(), mode.into());
    if let Some(location) = location {
        event.insert("location".to_owned(), location);
    }
    inert(&Value::Object(event).to_string())
}

/// Returns JSON in which no character can end the element or begin a comment (HTML, section 13.2.5.4);
/// it reads as the same value.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_can_end_the_element_and_the_value_is_the_same() {
        let value = json!({ "name": "</script><!-- <script> & \u{2028}" });
        let written = inert(&value.to_string());
        assert!(!written.contains(['<', '>', '&']), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
