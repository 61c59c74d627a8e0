//! Preconditions of requests: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, sections 8.8.3 and 13).

use std::ops::RangeInclusive;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::model::{CompetitionView, Phase};

/// Returns the entity tag of a competition: its version. Phases in which nobody can register begin
/// without a new version, so they are a part of the tag. The server time of the response is not.
pub(super) fn etag(competition: &CompetitionView) -> HeaderValue {
    // Digits, letters and quotes always fit in a header.
    HeaderValue::try_from(tag(competition)).unwrap_or(HeaderValue::from_static("\"\""))
}

fn tag(competition: &CompetitionView) -> String {
    let version = competition.version;
    match competition.phase {
        phase @ (Phase::OpensSoon | Phase::Closed | Phase::Running | Phase::Ended) => {
            format!("\"{version}.{phase}\"")
        }
        _ => format!("\"{version}\""),
    }
}

/// Returns whether `If-None-Match` names the competition as it is now (weak comparison).
pub(super) fn is_unchanged(headers: &HeaderMap, competition: &CompetitionView) -> bool {
    names_tag(headers, &tag(competition))
}

/// Returns whether `If-None-Match` names this entity tag (weak comparison).
pub(super) fn names_tag(headers: &HeaderMap, tag: &str) -> bool {
    let mut named = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(str::trim);
    named.any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag)
}

/// The versions that `If-Match` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NamedVersions {
    /// The request has no such header.
    Absent,
    /// The header is `*`: any version.
    Any,
    /// The header lists these versions. Tags that this server does not produce match nothing and are left
    /// out.
    These(Vec<i64>),
}

impl NamedVersions {
    /// Reads `If-Match`, where a weak tag never matches (strong comparison). Only the version in a tag
    /// counts: an edit may be based on an earlier phase.
    pub(super) fn if_match(headers: &HeaderMap) -> Self {
        if !headers.contains_key(header::IF_MATCH) {
            return Self::Absent;
        }
        let texts = headers.get_all(header::IF_MATCH).iter();
        let tags: Vec<&str> = texts
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .collect();
        if tags.contains(&"*") {
            return Self::Any;
        }
        let version = |tag: &&str| {
            let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
            let (version, phase) = tag.split_once('.').unwrap_or((tag, ""));
            let known = phase.is_empty() || phase.parse::<Phase>().is_ok();
            version.parse().ok().filter(|_| known)
        };
        Self::These(tags.iter().filter_map(version).collect())
    }

    /// Returns the newest version within `range` that the header lists; `None` if it lists none.
    pub(super) fn newest_of(&self, range: RangeInclusive<i64>) -> Option<i64> {
        match self {
            Self::Absent | Self::Any => None,
            Self::These(versions) => versions
                .iter()
                .copied()
                .filter(|version| range.contains(version))
                .max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn headers(name: HeaderName, text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(text))])
    }

    fn if_match(text: &'static str) -> NamedVersions {
        NamedVersions::if_match(&headers(header::IF_MATCH, text))
    }

    /// Version 7 of a competition that opens at hour 1 and closes at hour 2.
    fn competition(hour: i64) -> CompetitionView {
        let start = DateTime::UNIX_EPOCH;
        let at = |hour| start + TimeDelta::hours(hour);
        CompetitionView {
            capacity: 10,
            seats_left: 10,
            opens_at: Some(at(1)),
            reg_deadline: at(2),
            starts_at: at(3),
            phase: Phase::Draft,
            edited_at_version: 7,
            ..CompetitionView::sample()
        }
        .at(at(hour))
    }

    #[test]
    fn a_version_matches_its_own_tag_alone_or_in_a_list() {
        assert_eq!(if_match("\"7\""), NamedVersions::These(vec![7]));
        assert_eq!(if_match("\"6\", \"7\""), NamedVersions::These(vec![6, 7]));
        assert_eq!(if_match("\"7.CLOSED\""), NamedVersions::These(vec![7]));
        assert_eq!(if_match("*"), NamedVersions::Any);
    }

    #[test]
    fn foreign_tags_match_nothing() {
        for text in ["7", "\"seven\"", "", "\"7", "W/\"7\"", "\"7.SOON\""] {
            assert_eq!(if_match(text), NamedVersions::These(vec![]), "{text}");
        }
        let absent = NamedVersions::if_match(&HeaderMap::new());
        assert_eq!(absent, NamedVersions::Absent);
    }

    #[test]
    fn the_newest_listed_version_in_the_range_counts() {
        let listed = if_match("\"3\", \"6\", \"5\", \"9\"");
        assert_eq!(listed.newest_of(4..=7), Some(6));
        assert_eq!(if_match("\"3\", W/\"6\"").newest_of(4..=7), None);
    }

    #[test]
    fn a_phase_that_begins_by_itself_changes_the_tag() {
        let tags = [0, 1, 2].map(|hour| etag(&competition(hour)));
        assert_eq!(tags, ["\"7.OPENS_SOON\"", "\"7\"", "\"7.CLOSED\""]);
        let seen = headers(header::IF_NONE_MATCH, "W/\"6\", W/\"7\"");
        assert!(is_unchanged(&seen, &competition(1)));
        assert!(!is_unchanged(&seen, &competition(2)));
    }
}
