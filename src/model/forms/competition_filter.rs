//! The filter and the order of a list of competitions, as a query string carries them.
//!
//! Every value has a bounded length and one spelling, because filters are keys of caches: two queries
//! that mean the same list are the same filter, and [`CompetitionFilter::query`] writes it in one way.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{FieldErrors, field_limits, field_problem::RequestProblem};
use crate::model::{CompetitionStatus, Phase, text_rules::plain, timestamp::storable};

/// The query parameters that choose a public list of competitions, for the pages and the API.
pub const LIST_PARAMETERS: [&str; 12] = [
    "search",
    "status",
    "phase",
    "tag",
    "from",
    "to",
    "place",
    "seatsLeft",
    "open",
    "sort",
    "page",
    "perPage",
];

/// The most competitions that the total of a list counts, and that its pages reach. The others are found with a
/// filter.
pub const LIST_TOTAL_MAX: u64 = 2_500;
/// The most characters of a search that are used.
pub const SEARCH_LENGTH: usize = 200;
/// The most competitions that a search finds: if more match, the most relevant ones. The total of a list with several
/// words (a tag and the words of a place) counts no more, either.
pub const MOST_MATCHES: u64 = 1_000;
/// The most words of a place that are used.
const PLACE_WORDS: usize = 8;
/// The most characters of a place that are used.
pub const PLACE_LENGTH: usize = 100;

/// The value of `status` in the address of a page that means `open=true`.
pub const OPEN: &str = "OPEN";

/// The order of the list of competitions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum Sort {
    /// The best matches of a search first. Other lists are then in the order of starts.
    Relevance,
    /// By start: the next one first, then those that have started.
    #[default]
    StartsAt,
    /// By deadline: the next one first.
    RegDeadline,
    /// By free seats: the most first.
    SeatsLeft,
    /// By title, in alphabetical order.
    Title,
    /// By creation: the newest first.
    Newest,
}

impl Sort {
    /// Every order, in the order of the definition.
    pub const ALL: [Self; 6] = [
        Self::Relevance,
        Self::StartsAt,
        Self::RegDeadline,
        Self::SeatsLeft,
        Self::Title,
        Self::Newest,
    ];

    /// Returns the name in the API and in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::StartsAt => "startsAt",
            Self::RegDeadline => "regDeadline",
            Self::SeatsLeft => "seatsLeft",
            Self::Title => "title",
            Self::Newest => "newest",
        }
    }
}

/// The competitions that a list shows, and their order. A competition is shown if all conditions hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct CompetitionFilter {
    /// Words in the title, the description, the location or the tags, separated by single blanks.
    pub search: Option<String>,
    /// The status. Drafts are only ever shown to their owner.
    pub status: Option<CompetitionStatus>,
    /// The phase at the time of the request.
    pub phase: Option<Phase>,
    /// A tag that must match exactly, in lower case.
    pub tag: Option<String>,
    /// The earliest start that is in the range.
    pub from: Option<DateTime<Utc>>,
    /// The first start that is too late.
    pub to: Option<DateTime<Utc>>,
    /// Words in the location, in lower case, separated by single blanks.
    pub place: Option<String>,
    /// Whether only competitions are shown that are open for registration and have a free seat.
    pub seats_left: bool,
    /// Whether only competitions are shown in which a seat or a position in the waitlist can be taken.
    pub open: bool,
    pub sort: Sort,
}

impl CompetitionFilter {
    /// Reads a filter from query parameters; `value` returns the value of a parameter. A value that can't
    /// be read becomes an error and counts as absent.
    #[must_use]
    pub fn read(value: impl Fn(&str) -> Option<String>) -> (Self, FieldErrors) {
        let mut errors = FieldErrors::default();
        let text = |name| value(name).as_deref().and_then(plain);
        let filter = Self {
            search: text("search").and_then(|search| bounded(&search, SEARCH_LENGTH)),
            status: named(&mut errors, "status", value("status")),
            phase: named(&mut errors, "phase", value("phase")),
            // A longer one matches no tag, and neither does what is left of it.
            tag: text("tag").and_then(|tag| bounded(&tag.to_lowercase(), field_limits::TAG + 1)),
            from: moment(&mut errors, "from", value("from"), first_of),
            to: moment(&mut errors, "to", value("to"), first_after),
            place: text("place").and_then(|place| bounded(&place.to_lowercase(), PLACE_LENGTH)),
            seats_left: flag(&mut errors, "seatsLeft", value("seatsLeft")),
            open: flag(&mut errors, "open", value("open")),
            sort: named(&mut errors, "sort", value("sort")).unwrap_or(Sort::Relevance),
        };
        (filter.with_one_order(), errors)
    }

    /// Replaces the order by relevance, where there is none.
    #[must_use]
    pub fn with_one_order(mut self) -> Self {
        if self.sort == Sort::Relevance {
            self.sort = self.default_sort();
        }
        self
    }

    /// Returns the order of a list for which none is chosen.
    #[must_use]
    pub fn default_sort(&self) -> Sort {
        match self.search {
            Some(_) => Sort::Relevance,
            None => Sort::StartsAt,
        }
    }

    /// Reads a filter from the address of a page, where an outdated link should still show something: what
    /// can't be read has no effect.
    ///
    /// The form of the page has one input for status and phase, named `status`. Its value [`OPEN`] means
    /// `open=true`, and the name of another phase means that phase.
    #[must_use]
    pub fn read_address(value: impl Fn(&str) -> Option<String>) -> Self {
        let status = value("status").unwrap_or_default();
        let is_status = status.parse::<CompetitionStatus>().is_ok();
        let is_phase = !is_status && status.parse::<Phase>().is_ok();
        Self::read(|name| match name {
            "status" if !is_status => None,
            "open" if status == OPEN => Some("true".to_owned()),
            "phase" if is_phase && status != OPEN => Some(status.clone()),
            name => value(name).filter(|value| !value.is_empty()),
        })
        .0
    }

    /// Returns the parameters that [`read`](Self::read) reads this filter from, in the order of
    /// [`LIST_PARAMETERS`] and without those that have no effect.
    #[must_use]
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let flag = |set: bool| set.then(|| "true".to_owned());
        let sort = (self.sort != self.default_sort()).then(|| self.sort.as_str().to_owned());
        [
            ("search", self.search.clone()),
            ("status", self.status.map(|status| status.to_string())),
            ("phase", self.phase.map(|phase| phase.to_string())),
            ("tag", self.tag.clone()),
            ("from", self.from.map(written)),
            ("to", self.to.map(written_end)),
            ("place", self.place.clone()),
            ("seatsLeft", flag(self.seats_left)),
            ("open", flag(self.open)),
            ("sort", sort),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// Returns the words of the place, in lower case.
    pub fn place_words(&self) -> impl Iterator<Item = &str> {
        let separates = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric();
        let words = self
            .place
            .iter()
            .flat_map(move |place| place.split(separates));
        words.filter(|word| !word.is_empty()).take(PLACE_WORDS)
    }

    /// Returns the most competitions that the total of this list counts, and that its pages reach. No index has the
    /// competitions with several words side by side, so that each of them costs a look-up.
    #[must_use]
    pub fn most_counted(&self) -> u64 {
        let words = self.place_words().count() + usize::from(self.tag.is_some());
        if self.search.is_some() || words > 1 {
            MOST_MATCHES
        } else {
            LIST_TOTAL_MAX
        }
    }

    /// Returns whether every competition is shown, in whatever order.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        let sort = self.sort;
        *self
            == Self {
                sort,
                ..Self::default()
            }
    }

    /// Returns the first day of the range of starts, as an input for dates shows it.
    #[must_use]
    pub fn first_day(&self) -> Option<NaiveDate> {
        self.from.map(|from| from.date_naive())
    }

    /// Returns the last day of the range of starts, as an input for dates shows it.
    #[must_use]
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.to
            .map(|to| (to - TimeDelta::microseconds(1)).date_naive())
    }
}

/// Puts single blanks between the words of a text, and cuts it off after `most` characters.
fn bounded(text: &str, most: usize) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(most).collect();
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Reads a member of a closed list by its name in JSON.
fn named<T: DeserializeOwned>(
    errors: &mut FieldErrors,
    field: &str,
    text: Option<String>,
) -> Option<T> {
    let value = serde_json::from_value(text?.into());
    if value.is_err() {
        errors.add(field, RequestProblem::UnknownName);
    }
    value.ok()
}

/// Reads `true` or `false`.
fn flag(errors: &mut FieldErrors, field: &str, text: Option<String>) -> bool {
    match text.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            errors.add(field, RequestProblem::NotABoolean);
            false
        }
    }
}

/// Reads a day, which `of_day` turns into a time, or a time.
fn moment(
    errors: &mut FieldErrors,
    field: &str,
    text: Option<String>,
    of_day: fn(NaiveDate) -> DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let text = text?;
    let day = || text.parse::<NaiveDate>().ok().filter(|_| text.len() == 10);
    let time = || DateTime::parse_from_rfc3339(&text).ok();
    let found = match day() {
        Some(day) => Some(of_day(day)),
        None => time().map(|time| time.to_utc()),
    };
    if found.is_none() {
        let examples = ["2030-01-31", "2030-01-31T09:00:00Z"].map(str::to_owned);
        let [day, time] = examples;
        errors.add(field, RequestProblem::NotADay(day, time));
    }
    found.map(|time| storable(time).clamp(EARLIEST, LATEST))
}

/// The earliest time that is compared with starts: the Unix epoch.
const EARLIEST: DateTime<Utc> = DateTime::UNIX_EPOCH;
/// The latest one: later years have five digits, which sort before those with four on SQLite.
const LATEST: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_799, 0) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

/// Returns the first moment of a day in UTC.
fn first_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Returns the first moment after a day in UTC.
fn first_after(day: NaiveDate) -> DateTime<Utc> {
    day.checked_add_days(Days::new(1)).map_or(LATEST, first_of)
}

/// Writes the beginning of a range, as a day if it is one.
fn written(from: DateTime<Utc>) -> String {
    if from.time() == NaiveTime::MIN {
        from.date_naive().to_string()
    } else {
        rfc3339(from)
    }
}

/// Writes the end of a range, as its last day if it is one.
fn written_end(to: DateTime<Utc>) -> String {
    match to.date_naive().pred_opt() {
        Some(day) if to.time() == NaiveTime::MIN => day.to_string(),
        _ => rfc3339(to),
    }
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> (CompetitionFilter, usize) {
        let value = |name: &str| {
            let found = query.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let (filter, errors) = CompetitionFilter::read(value);
        (filter, errors.iter().count())
    }

    #[test]
    fn a_query_that_was_written_reads_as_the_same_filter() {
        let (filter, errors) = read(&[
            ("search", "  Night \t Run "),
            ("status", "PUBLISHED"),
            ("phase", "FEW_LEFT"),
            ("tag", " Chess "),
            ("from", "2030-01-31"),
            ("to", "2030-02-01T10:00:00+02:00"),
            ("place", "New  York"),
            ("seatsLeft", "true"),
            ("open", "true"),
            ("sort", "newest"),
        ]);
        assert_eq!(errors, 0);
        let query = filter.query();
        let pairs: Vec<_> = query.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("search", "Night Run"),
                ("status", "PUBLISHED"),
                ("phase", "FEW_LEFT"),
                ("tag", "chess"),
                ("from", "2030-01-31"),
                ("to", "2030-02-01T08:00:00Z"),
                ("place", "new york"),
                ("seatsLeft", "true"),
                ("open", "true"),
                ("sort", "newest"),
            ]
        );
        assert_eq!(read(&pairs), (filter, 0));
    }

    #[test]
    fn every_parameter_has_one_spelling_and_a_bounded_length() {
        for (one, other) in [
            (("tag", "ÜBER"), ("tag", "über")),
            (("search", "a  b"), ("search", " a b")),
            (("place", "PARIS"), ("place", "paris")),
            (("from", "2030-01-31"), ("from", "2030-01-31T00:00:00Z")),
            (("to", "2030-01-31"), ("to", "2030-02-01T00:00:00.000Z")),
            (("sort", "startsAt"), ("utm_source", "mail")),
            (("open", "false"), ("utm_source", "mail")),
        ] {
            assert_eq!(read(&[one]), read(&[other]), "{one:?}");
            assert_eq!(read(&[one]).0.query(), read(&[other]).0.query());
        }
        let long = "x".repeat(10_000);
        for name in ["search", "tag", "place"] {
            let (filter, errors) = read(&[(name, &long)]);
            assert_eq!(errors, 0);
            assert!(filter.query()[0].1.len() <= SEARCH_LENGTH, "{name}");
        }
        assert_eq!(read(&[("search", "\0 \u{1}")]).0.query(), []);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_counts_as_absent() {
        for (name, wrong) in [
            ("status", "OPENED"),
            ("status", ""),
            ("phase", "open"),
            ("from", "yesterday"),
            ("to", "2030-02-30"),
            ("to", "+12345-01-01"),
            ("seatsLeft", "1"),
            ("open", "yes"),
            ("sort", "random"),
        ] {
            assert_eq!(read(&[(name, wrong)]), (CompetitionFilter::default(), 1));
        }
    }

    #[test]
    fn an_address_has_one_parameter_for_status_and_phase() {
        let read = |status: &str| {
            let value = |name: &str| (name == "status").then(|| status.to_owned());
            let query = CompetitionFilter::read_address(value).query();
            query.into_iter().map(|(n, v)| format!("{n}={v}")).collect()
        };
        for (status, expected) in [
            ("OPEN", vec!["open=true".to_owned()]),
            ("FULL", vec!["phase=FULL".to_owned()]),
            ("CANCELLED", vec!["status=CANCELLED".to_owned()]),
            ("nonsense", vec![]),
        ] {
            let found: Vec<String> = read(status);
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_list_with_several_words_counts_fewer_competitions() {
        let most = |query: &[(&str, &str)]| read(query).0.most_counted();
        assert_eq!(most(&[("tag", "chess")]), LIST_TOTAL_MAX);
        assert_eq!(most(&[("place", "-- Paris,")]), LIST_TOTAL_MAX);
        assert_eq!(most(&[("place", "Hall 7")]), MOST_MATCHES);
        assert_eq!(most(&[("place", "Paris"), ("tag", "chess")]), MOST_MATCHES);
        assert_eq!(most(&[("search", "chess")]), MOST_MATCHES);
        let (long, _) = read(&[("place", &"a ".repeat(100))]);
        assert_eq!(long.place_words().count(), PLACE_WORDS);
    }

    #[test]
    fn a_range_of_days_contains_its_last_day() {
        let (filter, _) = read(&[("from", "2030-01-31"), ("to", "2030-01-31")]);
        assert_eq!(filter.to, filter.from.map(|from| from + TimeDelta::days(1)));
        assert_eq!(filter.first_day(), filter.last_day());
        let (last, errors) = read(&[("to", "9999-12-31")]);
        assert_eq!((last.to, errors), (Some(LATEST), 0));
    }
}
