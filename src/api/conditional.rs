//! Headers that make an answer depend on something: `ETag`, `If-Match`, `If-None-Match` (RFC 9110,
//! section 13) and `Accept` (section 12.5.1).

use std::ops::RangeInclusive;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// The tag of a version.
pub(super) fn etag(version: i64) -> HeaderValue {
    // Digits and quotes always fit in a header.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The versions a conditional header names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Versions {
    /// There is no such header.
    Unsaid,
    /// `*`
    Any,
    /// Those; a tag that is none of ours matches nothing and is left out.
    These(Vec<i64>),
}

impl Versions {
    /// `If-Match`: a weak tag never matches (strong comparison).
    pub(super) fn if_match(headers: &HeaderMap) -> Self {
        Self::read(headers, &header::IF_MATCH, false)
    }

    /// `If-None-Match`: a weak tag counts as well.
    pub(super) fn if_none_match(headers: &HeaderMap) -> Self {
        Self::read(headers, &header::IF_NONE_MATCH, true)
    }

    fn read(headers: &HeaderMap, name: &HeaderName, weak: bool) -> Self {
        if !headers.contains_key(name) {
            return Self::Unsaid;
        }
        let texts = headers.get_all(name).iter();
        let tags: Vec<&str> = texts
            .filter_map(|value| value.to_str().ok())
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .collect();
        if tags.contains(&"*") {
            return Self::Any;
        }
        let version = |tag: &&str| {
            let tag = match tag.strip_prefix("W/") {
                Some(tag) if weak => tag,
                Some(_) => return None,
                None => tag,
            };
            tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
        };
        Self::These(tags.iter().filter_map(version).collect())
    }

    /// Whether `version` is among them; `None` if nothing was said.
    pub(super) fn contain(&self, version: i64) -> Option<bool> {
        match self {
            Self::Unsaid => None,
            Self::Any => Some(true),
            Self::These(versions) => Some(versions.contains(&version)),
        }
    }

    /// The newest version within `range` that is named; `None` if there is none.
    pub(super) fn newest_of(&self, range: RangeInclusive<i64>) -> Option<i64> {
        match self {
            Self::Unsaid | Self::Any => None,
            Self::These(versions) => versions
                .iter()
                .copied()
                .filter(|version| range.contains(version))
                .max(),
        }
    }
}

/// Whether CSV is wanted more than JSON. JSON is what one gets for not caring.
pub(super) fn wants_csv(headers: &HeaderMap) -> bool {
    let ranges: Vec<(String, f32)> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(range)
        .collect();
    let quality = |kinds: [&str; 3]| {
        kinds
            .iter()
            .find_map(|kind| ranges.iter().find(|(range, _)| range == kind))
            .map_or(0.0, |(_, quality)| *quality)
    };
    let csv = quality(["text/csv", "text/*", "*/*"]);
    let json = quality(["application/json", "application/*", "*/*"]);
    csv > json
}

fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts
        .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .and_then(|text| text.parse().ok())
        .unwrap_or(1.0);
    (kind, quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(text))])
    }

    fn if_match(text: &'static str, version: i64) -> Option<bool> {
        Versions::if_match(&headers(header::IF_MATCH, text)).contain(version)
    }

    #[test]
    fn a_version_matches_its_own_tag_alone_or_in_a_list() {
        assert_eq!(if_match("\"7\"", 7), Some(true));
        assert_eq!(if_match("\"6\", \"7\"", 7), Some(true));
        assert_eq!(if_match("\"6\"", 7), Some(false));
        assert_eq!(if_match("*", 7), Some(true));
    }

    #[test]
    fn tags_that_are_none_of_ours_match_nothing() {
        for text in ["7", "\"seven\"", "", "\"7", "W/\"7\""] {
            assert_eq!(if_match(text, 7), Some(false), "{text}");
        }
        assert_eq!(Versions::if_match(&HeaderMap::new()).contain(7), None);
    }

    #[test]
    fn of_several_tags_the_newest_that_is_not_too_old_counts() {
        let tags = |text| Versions::if_match(&headers(header::IF_MATCH, text));
        assert_eq!(tags("\"3\", \"6\", \"5\", \"9\"").newest_of(4..=7), Some(6));
        assert_eq!(tags("\"3\", W/\"6\"").newest_of(4..=7), None);
    }

    #[test]
    fn a_weak_tag_is_enough_not_to_send_it_again() {
        let headers = headers(header::IF_NONE_MATCH, "W/\"7\"");
        assert_eq!(Versions::if_none_match(&headers).contain(7), Some(true));
    }

    #[test]
    fn csv_is_sent_only_to_those_who_prefer_it() {
        let wants = |text| wants_csv(&headers(header::ACCEPT, text));
        assert!(wants("text/csv"));
        assert!(wants("TEXT/CSV; charset=utf-8"));
        assert!(wants("text/csv, application/json;q=0.9"));
        assert!(wants("text/csv, */*;q=0.1"));
        assert!(!wants("application/json, text/csv;q=0.5"));
        assert!(!wants("text/csv;q=0"));
        assert!(!wants("*/*"));
        assert!(!wants_csv(&HeaderMap::new()));
    }
}
