//! Content negotiation by `Accept` (RFC 9110, section 12.5.1).

use axum::http::{HeaderMap, header};

use super::registrations_xlsx::XLSX;

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListForm {
    /// A page of it, as JSON.
    Json,
    /// All of it, as CSV.
    Csv,
    /// All of it, as a spreadsheet.
    Spreadsheet,
}

/// Returns the form of a list that the client prefers. Without a preference it gets JSON.
pub(super) fn list_form(headers: &HeaderMap) -> ListForm {
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
    // Whoever accepts any application's format gets JSON.
    let spreadsheet = quality([XLSX; 3]);
    if spreadsheet > json && spreadsheet >= csv {
        ListForm::Spreadsheet
    } else if csv > json {
        ListForm::Csv
    } else {
        ListForm::Json
    }
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
    fn a_list_has_another_form_only_if_the_client_prefers_it() {
        let form = |text| list_form(&accept(text));
        for text in [
            "text/csv",
            "TEXT/CSV; charset=utf-8",
            "text/csv, application/json;q=0.9",
            "text/csv, */*;q=0.1",
        ] {
            assert_eq!(form(text), ListForm::Csv, "{text}");
        }
        for text in [
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "Application/Vnd.openxmlformats-officedocument.spreadsheetml.sheet, */*;q=0.8",
        ] {
            assert_eq!(form(text), ListForm::Spreadsheet, "{text}");
        }
        for text in [
            "application/json, text/csv;q=0.5",
            "text/csv;q=0",
            "application/*",
            "*/*",
        ] {
            assert_eq!(form(text), ListForm::Json, "{text}");
        }
        assert_eq!(list_form(&HeaderMap::new()), ListForm::Json);
    }
}
