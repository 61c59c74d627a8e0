//! Dates and times of the day in each language, by ICU4X.

use std::{fmt::Write, sync::LazyLock};

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike, Utc};
use icu_datetime::{
    DateTimeFormatter, DateTimeFormatterLoadError, DateTimeFormatterPreferences,
    NoCalendarFormatter,
    fieldsets::{D, M, MD, MDE, MDET, MDT, T, YMD, YMDE, YMDET, YMDT},
    input::{Date, DateTime as LocalTime, Time},
    preferences::HourCycle,
};

use super::locale::locale_of;
use crate::model::{Language, time_zone};

/// Which parts of a point in time are said, with examples in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateStyle {
    /// The form `Saturday, 14 March 2030 at 18:00 UTC`.
    Long,
    /// The form `Sat, 14 Mar 2030, 18:00 UTC`.
    Full,
    /// The form `Sat 14 Mar, 18:00 UTC`.
    Soon,
    /// The form `14 Mar 2030, 18:00`.
    Short,
    /// The form `14 Mar, 18:00`.
    Recent,
    /// The form `14 Mar 2030`.
    Date,
    /// The day alone, such as `14`.
    Day,
    /// The month alone, such as `Mar`.
    Month,
    /// The time of the day alone: `18:00 UTC`.
    Time,
}

impl DateStyle {
    /// Returns whether the time zone is named.
    const fn names_zone(self) -> bool {
        matches!(self, Self::Long | Self::Full | Self::Soon | Self::Time)
    }
}

/// The formats of one language.
#[derive(Debug)]
struct Formats {
    long: DateTimeFormatter<YMDET>,
    full: DateTimeFormatter<YMDET>,
    soon: DateTimeFormatter<MDET>,
    short: DateTimeFormatter<YMDT>,
    recent: DateTimeFormatter<MDT>,
    date: DateTimeFormatter<YMD>,
    day: DateTimeFormatter<D>,
    month: DateTimeFormatter<M>,
    time: NoCalendarFormatter<T>,
}

/// The formats of each language. They are missing if the library has no data for it, which a test rules out.
static FORMATS: [LazyLock<Option<Formats>>; Language::ALL.len()] = [
    LazyLock::new(|| Formats::new(Language::English).ok()),
    LazyLock::new(|| Formats::new(Language::German).ok()),
    LazyLock::new(|| Formats::new(Language::Spanish).ok()),
    LazyLock::new(|| Formats::new(Language::French).ok()),
    LazyLock::new(|| Formats::new(Language::Japanese).ok()),
    LazyLock::new(|| Formats::new(Language::Arabic).ok()),
];

impl Formats {
    fn new(language: Language) -> Result<Self, DateTimeFormatterLoadError> {
        let locale = locale_of(language);
        let preferences = || {
            let mut preferences = DateTimeFormatterPreferences::from(&locale);
            // All languages but Arabic have 24 hours by themselves.
            preferences.hour_cycle = Some(HourCycle::H23);
            preferences
        };
        Ok(Self {
            long: DateTimeFormatter::try_new(preferences(), YMDE::long().with_time_hm())?,
            full: DateTimeFormatter::try_new(preferences(), YMDE::medium().with_time_hm())?,
            soon: DateTimeFormatter::try_new(preferences(), MDE::medium().with_time_hm())?,
            short: DateTimeFormatter::try_new(preferences(), YMD::medium().with_time_hm())?,
            recent: DateTimeFormatter::try_new(preferences(), MD::medium().with_time_hm())?,
            date: DateTimeFormatter::try_new(preferences(), YMD::medium())?,
            day: DateTimeFormatter::try_new(preferences(), D::medium())?,
            month: DateTimeFormatter::try_new(preferences(), M::medium())?,
            time: NoCalendarFormatter::try_new(preferences(), T::hm())?,
        })
    }

    /// Returns the words for a time on clocks, without a zone.
    fn words(&self, style: DateStyle, time: NaiveDateTime) -> Option<String> {
        let component = |number: u32| u8::try_from(number).ok();
        let date = Date::try_new_iso(
            time.year(),
            component(time.month())?,
            component(time.day())?,
        );
        let (hour, minute) = (component(time.hour())?, component(time.minute())?);
        let time = LocalTime {
            date: date.ok()?,
            time: Time::try_new(hour, minute, 0, 0).ok()?,
        };
        let mut words = String::new();
        match style {
            DateStyle::Long => write!(words, "{}", self.long.format(&time)),
            DateStyle::Full => write!(words, "{}", self.full.format(&time)),
            DateStyle::Soon => write!(words, "{}", self.soon.format(&time)),
            DateStyle::Short => write!(words, "{}", self.short.format(&time)),
            DateStyle::Recent => write!(words, "{}", self.recent.format(&time)),
            DateStyle::Date => write!(words, "{}", self.date.format(&time)),
            DateStyle::Day => write!(words, "{}", self.day.format(&time)),
            DateStyle::Month => write!(words, "{}", self.month.format(&time)),
            DateStyle::Time => write!(words, "{}", self.time.format(&time.time)),
        }
        .ok()?;
        Some(words)
    }
}

/// Returns a point in time as clocks in a zone show it, and the name of the zone where the style has it.
/// `zone` is an IANA name; an unknown one counts as UTC.
#[must_use]
pub fn date_time(language: Language, style: DateStyle, time: DateTime<Utc>, zone: &str) -> String {
    let local = time.with_timezone(&time_zone::parse_or_utc(zone));
    let formats = FORMATS[language as usize].as_ref();
    let words = formats.and_then(|formats| formats.words(style, local.naive_local()));
    let words = words.unwrap_or_else(|| local.format("%Y-%m-%d %H:%M").to_string());
    if style.names_zone() {
        format!("{words} {}", time_zone::format(zone, time, "%Z"))
    } else {
        words
    }
}

/// Returns a time at a venue as clocks in another zone show it: the time of the day alone if it is the same day there,
/// else in `style`; `None` if clocks show the same.
#[must_use]
pub fn time_elsewhere(
    language: Language,
    style: DateStyle,
    time: DateTime<Utc>,
    venue: &str,
    elsewhere: &str,
) -> Option<String> {
    let clock = |zone: &str| time_zone::format(zone, time, "%Y-%m-%d %H:%M");
    let (there, other) = (clock(venue), clock(elsewhere));
    if there == other {
        return None;
    }
    let same_day = there.get(..10) == other.get(..10);
    let style = if same_day { DateStyle::Time } else { style };
    Some(date_time(language, style, time, elsewhere))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(language: Language, style: DateStyle) -> String {
        let time = "2030-03-02T17:05:00Z".parse().unwrap();
        date_time(language, style, time, "Europe/Copenhagen")
    }

    #[test]
    fn a_time_is_said_as_the_language_does_and_names_its_zone() {
        for (language, weekday, clock) in [
            (Language::English, "Sat", "18:05"),
            (Language::German, "Sa", "18:05"),
            (Language::Spanish, "sáb", "18:05"),
            (Language::French, "sam", "18:05"),
            (Language::Japanese, "土", "18:05"),
            (Language::Arabic, "السبت", "18:05"),
        ] {
            let words = said(language, DateStyle::Full);
            for part in [weekday, clock, "2030", "CET"] {
                assert!(words.contains(part), "{language:?}: {part} in {words}");
            }
        }
    }

    #[test]
    fn a_style_decides_which_parts_are_said() {
        for (style, words) in [
            (DateStyle::Long, "Saturday, 2 March 2030 at 18:05 CET"),
            (DateStyle::Soon, "Sat 2 Mar, 18:05 CET"),
            (DateStyle::Short, "2 Mar 2030, 18:05"),
            (DateStyle::Recent, "2 Mar, 18:05"),
            (DateStyle::Date, "2 Mar 2030"),
            (DateStyle::Day, "2"),
            (DateStyle::Month, "Mar"),
            (DateStyle::Time, "18:05 CET"),
        ] {
            assert_eq!(said(Language::English, style), words, "{style:?}");
        }
    }
}
