//! Time zones by their IANA names, and times of the day in them.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

/// The zone of competitions whose organizer chose none.
pub const DEFAULT_TIME_ZONE: &str = "UTC";

/// Why a time of the day can't be converted to UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clocks of the zone skip this time")]
pub struct SkippedTime;

/// Returns the zone with this IANA name, or `None` if there is none. Upper and lower case matter.
#[must_use]
pub fn parse(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// Returns the zone with this name, or UTC if there is none: stored names may come from another release
/// of the database of zones.
#[must_use]
pub fn parse_or_utc(name: &str) -> Tz {
    parse(name).unwrap_or(Tz::UTC)
}

/// Returns the names of the zones that a form offers: UTC, and one name for each place.
pub fn offered() -> impl Iterator<Item = &'static str> {
    let places = TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|name| {
        let area = name.split_once('/').map(|(area, _)| area);
        area.is_some_and(|area| AREAS.contains(&area))
    });
    std::iter::once(DEFAULT_TIME_ZONE).chain(places)
}

/// The first parts of names that stand for places. Others are names of earlier releases, or offsets.
const AREAS: [&str; 9] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Pacific",
];

/// Returns the moment at which clocks in `zone` show a time. Of two such moments, when clocks are set back,
/// it returns the first.
///
/// # Errors
/// Returns [`SkippedTime`] if clocks never show it because they are set forward.
pub fn moment(zone: Tz, local: NaiveDateTime) -> Result<DateTime<Utc>, SkippedTime> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(time) => Ok(time.to_utc()),
        LocalResult::Ambiguous(first, second) => Ok(first.min(second).to_utc()),
        LocalResult::None => Err(SkippedTime),
    }
}

/// Formats a moment as clocks in the zone with this name show it, for example with `%H:%M %Z`. A zone
/// without an abbreviation is named by its offset from UTC, for example `UTC+4`.
#[must_use]
pub fn format(zone: &str, time: DateTime<Utc>, format: &str) -> String {
    let local = time.with_timezone(&parse_or_utc(zone));
    let abbreviation = local.format("%Z").to_string();
    if abbreviation.starts_with(['+', '-']) {
        let named = format!("UTC{}", without_leading_zero(&abbreviation));
        return local.format(&format.replace("%Z", &named)).to_string();
    }
    local.format(format).to_string()
}

/// Turns `+04` into `+4`, and `+0530` into `+5:30`.
fn without_leading_zero(offset: &str) -> String {
    let (sign, digits) = offset.split_at(1);
    let (hours, minutes) = digits.split_at(digits.len().min(2));
    let hours = hours.trim_start_matches('0');
    match (hours, minutes) {
        ("", "") => format!("{sign}0"),
        (hours, "") => format!("{sign}{hours}"),
        (hours, minutes) => format!("{sign}{hours}:{minutes}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn zones_are_known_by_their_iana_names_only() {
        for name in ["UTC", "Europe/Copenhagen", "America/Argentina/Salta"] {
            assert!(parse(name).is_some(), "{name}");
        }
        for name in [
            "",
            "Berlin",
            "europe/berlin",
            "+02:00",
            "Europe/Berlin ",
            "Mars/Phobos",
        ] {
            assert!(parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_time_of_the_day_is_a_moment_in_its_zone_in_summer_and_in_winter() {
        let zone = parse("Europe/Copenhagen").unwrap();
        for (clock, moment_in_utc) in [
            ("2030-01-31T18:00:00", "2030-01-31T17:00:00Z"),
            ("2030-07-31T18:00:00", "2030-07-31T16:00:00Z"),
        ] {
            assert_eq!(moment(zone, local(clock)), Ok(utc(moment_in_utc)));
        }
    }

    #[test]
    fn a_skipped_time_is_an_error_and_a_repeated_one_is_its_first_moment() {
        let zone = parse("Europe/Copenhagen").unwrap();
        assert_eq!(moment(zone, local("2030-03-31T02:30:00")), Err(SkippedTime));
        let repeated = moment(zone, local("2030-10-27T02:30:00"));
        assert_eq!(repeated, Ok(utc("2030-10-27T00:30:00Z")));
    }

    #[test]
    fn times_name_their_zone() {
        let time = utc("2030-01-31T17:00:00Z");
        for (zone, words) in [
            ("UTC", "17:00 UTC"),
            ("Europe/Copenhagen", "18:00 CET"),
            ("Asia/Dubai", "21:00 UTC+4"),
            ("Asia/Kathmandu", "22:45 UTC+5:45"),
            ("America/Sao_Paulo", "14:00 UTC-3"),
            ("Nowhere/Land", "17:00 UTC"),
        ] {
            assert_eq!(format(zone, time, "%H:%M %Z"), words);
        }
    }

    #[test]
    fn a_form_offers_each_place_and_utc_first() {
        let all: Vec<_> = offered().collect();
        assert_eq!(all[0], "UTC");
        assert!(all.contains(&"Europe/Copenhagen") && all.contains(&"Asia/Tokyo"));
        assert!(!all.contains(&"US/Pacific") && !all.contains(&"Etc/GMT+1"));
    }
}
