//! Preconditions of requests: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, sections 8.8.3 and 13).

use std::ops::RangeInclusive;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Returns the entity tag of a version.
pub(super) fn etag(version: i64) -> HeaderValue {
    // Digits and quotes always fit in a header.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The versions that a conditional header names.
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
    /// Reads `If-Match`, where a weak tag never matches (strong comparison).
    pub(super) fn if_match(headers: &HeaderMap) -> Self {
        Self::read(headers, &header::IF_MATCH, false)
    }

    /// Reads `If-None-Match`, where weak tags match as well.
    pub(super) fn if_none_match(headers: &HeaderMap) -> Self {
        Self::read(headers, &header::IF_NONE_MATCH, true)
    }

    fn read(headers: &HeaderMap, name: &HeaderName, weak: bool) -> Self {
        if !headers.contains_key(name) {
            return Self::Absent;
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

    /// Whether the header names `version`; `None` if it is absent.
    pub(super) fn contain(&self, version: i64) -> Option<bool> {
        match self {
            Self::Absent => None,
            Self::Any => Some(true),
            Self::These(versions) => Some(versions.contains(&version)),
        }
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
    use super::*;

    fn headers(name: HeaderName, text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(text))])
    }

    fn if_match(text: &'static str, version: i64) -> Option<bool> {
        NamedVersions::if_match(&headers(header::IF_MATCH, text)).contain(version)
    }

    #[test]
    fn a_version_matches_its_own_tag_alone_or_in_a_list() {
        assert_eq!(if_match("\"7\"", 7), Some(true));
        assert_eq!(if_match("\"6\", \"7\"", 7), Some(true));
        assert_eq!(if_match("\"6\"", 7), Some(false));
        assert_eq!(if_match("*", 7), Some(true));
    }

    #[test]
    fn foreign_tags_match_nothing() {
        for text in ["7", "\"seven\"", "", "\"7", "W/\"7\""] {
            assert_eq!(if_match(text, 7), Some(false), "{text}");
        }
        assert_eq!(NamedVersions::if_match(&HeaderMap::new()).contain(7), None);
    }

    #[test]
    fn the_newest_listed_version_in_the_range_counts() {
        let tags = |text| NamedVersions::if_match(&headers(header::IF_MATCH, text));
        assert_eq!(tags("\"3\", \"6\", \"5\", \"9\"").newest_of(4..=7), Some(6));
        assert_eq!(tags("\"3\", W/\"6\"").newest_of(4..=7), None);
    }

    #[test]
    fn a_weak_tag_matches_if_none_match() {
        let headers = headers(header::IF_NONE_MATCH, "W/\"7\"");
        assert_eq!(
            NamedVersions::if_none_match(&headers).contain(7),
            Some(true)
        );
    }
}
