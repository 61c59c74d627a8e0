//! Content negotiation by `Accept` (RFC 9110, section 12.5.1).

use axum::http::{HeaderMap, header};

/// Whether the client prefers CSV to JSON. Without a preference it gets JSON.
pub(super) fn wants_csv(headers: &HeaderMap) -> bool {
    let ranges: Vec<(String, f32)> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(media_range)
        .collect();
    let quality = |types: [&str; 3]| {
        types
            .iter()
            .find_map(|media_type| ranges.iter().find(|(range, _)| range == media_type))
            .map_or(0.0, |(_, quality)| *quality)
    };
    let csv = quality(["text/csv", "text/*", "*/*"]);
    let json = quality(["application/json", "application/*", "*/*"]);
    csv > json
}

/// Parses a media range and its quality, which is 1 unless it is given.
fn media_range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts
        .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .and_then(|text| text.parse().ok())
        .unwrap_or(1.0);
    (media_type, quality)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accept(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(text))])
    }

    #[test]
    fn csv_is_sent_only_if_the_client_prefers_it() {
        let wants = |text| wants_csv(&accept(text));
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
