//! Registrations as CSV (RFC 4180), streamed page by page: a large competition never lies in
//! memory as a whole.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::stream;

use super::ApiResult;
use crate::{
    domain::{Actor, registration::Registrations},
    model::{CompetitionId, RegistrationView, forms::RegistrationFilter},
    store::InfrastructureError,
};

const HEADER: [&str; 7] = [
    "registrationId",
    "userId",
    "userName",
    "userEmail",
    "status",
    "waitlistPosition",
    "registeredAt",
];
/// U+FEFF: without it Excel takes the file for one in the machine's old code page.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// All registrations of a competition, for its organizer.
///
/// What is refused is refused before the first byte; a failure later cuts the connection, so that
/// nobody takes half a list for a whole one.
///
/// # Errors
/// As the domain refuses.
pub async fn registrations(
    registrations: &Registrations,
    actor: Actor,
    competition: CompetitionId,
    filter: RegistrationFilter,
) -> ApiResult<Response> {
    let list = registrations.export(actor, competition, filter).await?;
    let name = disposition(&list.title);
    let body = stream::unfold((list, true), |(mut list, top)| async move {
        let written = match list.next().await? {
            Ok(rows) => write(&rows, top).map_err(std::io::Error::other),
            Err(fault) => {
                tracing::warn!(%fault, "a CSV export broke off");
                Err(std::io::Error::other(fault))
            }
        };
        Some((written, (list, false)))
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        ),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// The header that names the file after the competition (RFC 6266), with a plain name for those who
/// know no `filename*` (RFC 8187).
fn disposition(title: &str) -> HeaderValue {
    let title: String = title
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            c if c.is_control() => '-',
            c => c,
        })
        .collect();
    let encoded: String = format!("registrations-{}.csv", title.trim())
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    let value = format!("attachment; filename=\"registrations.csv\"; filename*=UTF-8''{encoded}");
    // All of it is ASCII.
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("attachment"))
}

fn write(rows: &[RegistrationView], top: bool) -> Result<Bytes, InfrastructureError> {
    let mut file = Vec::with_capacity(rows.len() * 160);
    if top {
        file.extend_from_slice(BYTE_ORDER_MARK.as_bytes());
    }
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(file);
    if top {
        writer
            .write_record(HEADER)
            .map_err(InfrastructureError::internal)?;
    }
    for row in rows {
        writer
            .write_record([
                row.registration_id.to_string(),
                row.user_id.to_string(),
                harmless(row.user_name.as_deref().unwrap_or_default()),
                harmless(row.user_email.as_deref().unwrap_or_default()),
                row.status.to_string(),
                row.waitlist_position
                    .map(|position| position.to_string())
                    .unwrap_or_default(),
                row.registered_at
                    .to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            ])
            .map_err(InfrastructureError::internal)?;
    }
    let bytes = writer.into_inner().map_err(InfrastructureError::internal)?;
    Ok(Bytes::from(bytes))
}

/// Spreadsheets run a cell that begins like a formula; an apostrophe makes it a text (OWASP, "CSV
/// injection"). A cell begins where a spreadsheet thinks so: where the list separator is a semicolon or
/// a tab, also after one of those, and after a line break that somebody's program takes for the end of
/// a row. Space before it does not help.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    let mut begins = true;
    for c in text.chars() {
        if begins && matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            safe.push('\'');
        }
        safe.push(c);
        let invisible = c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}');
        begins = matches!(c, ';' | '\t' | '\r' | '\n') || (begins && invisible);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RegistrationId, RegistrationStatus, UserId};

    fn row(name: &str) -> RegistrationView {
        RegistrationView {
            registration_id: RegistrationId::new(),
            user_id: UserId::new(),
            competition_id: CompetitionId::new(),
            status: RegistrationStatus::Confirmed,
            registered_at: chrono::DateTime::default(),
            waitlist_position: None,
            competition_title: None,
            user_name: Some(name.to_owned()),
            user_email: Some("a@b.c".to_owned()),
        }
    }

    #[test]
    fn a_name_that_looks_like_a_formula_becomes_a_text() {
        for (name, text) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("\t=1", "\t'=1"),
            (" \u{a0}\u{feff}=1", " \u{a0}\u{feff}'=1"),
            ("Ada;=cmd|' /C calc'!A0", "Ada;'=cmd|' /C calc'!A0"),
            ("Ada; \t@x", "Ada; \t'@x"),
            ("Ada\r+1\n-2", "Ada\r'+1\n'-2"),
        ] {
            assert_eq!(harmless(name), text);
        }
        for name in [
            "Ada = Lovelace",
            "Anne-Marie",
            "a+b@c.d",
            "Ada; Grace",
            "\"=1\"",
        ] {
            assert_eq!(harmless(name), name);
        }
    }

    #[test]
    fn the_file_is_named_after_the_competition() {
        let name = disposition("Läufe; \"10 km\"/東京\r\n");
        assert_eq!(
            name.to_str().unwrap(),
            "attachment; filename=\"registrations.csv\"; filename*=UTF-8''\
             registrations-L%C3%A4ufe%3B%20-10%20km--%E6%9D%B1%E4%BA%AC--.csv"
        );
    }

    #[test]
    fn quotes_commas_and_line_breaks_stay_within_their_cell() {
        let bytes = write(&[row("Ada \"the\", first\nof all")], false).unwrap();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(&bytes[..]);
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(&record[2], "Ada \"the\", first\nof all");
        assert_eq!(record.len(), HEADER.len());
    }

    #[test]
    fn the_header_stands_once_at_the_top() {
        let top = write(&[], true).unwrap();
        assert!(top.starts_with(b"\xEF\xBB\xBFregistrationId,userId,"));
        assert!(top.ends_with(b"\r\n"));
        assert!(write(&[], false).unwrap().is_empty());
    }
}
