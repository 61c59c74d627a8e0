//! The names of files that are downloaded.

use axum::http::HeaderValue;

/// Returns the header that names a list of registrations after its competition.
pub(super) fn disposition(title: &str, extension: &str) -> HeaderValue {
    named_after("registrations", title, extension)
}

/// Returns the header that names a file after what it is and a title (RFC 6266), with a plain name for clients that do
/// not support `filename*` (RFC 8187).
pub(super) fn named_after(kind: &str, title: &str, extension: &str) -> HeaderValue {
    let title: String = title
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            c if c.is_control() => '-',
            c => c,
        })
        .collect();
    let encoded: String = format!("{kind}-{}.{extension}", title.trim())
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let value = format!("attachment; filename=\"{kind}.{extension}\"; filename*=UTF-8''{encoded}");
    // All of it is ASCII.
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_named_after_the_competition() {
        let name = disposition("Läufe; \"10 km\"/東京\r\n", "csv");
        assert_eq!(
            name.to_str().unwrap(),
            "attachment; filename=\"registrations.csv\"; filename*=UTF-8''\
             registrations-L%C3%A4ufe%3B%20-10%20km--%E6%9D%B1%E4%BA%AC--.csv"
        );
    }
}
