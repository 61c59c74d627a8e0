//! The export of registrations as CSV (RFC 4180), streamed page by page, so that a large competition is
//! never in memory as a whole.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures::StreamExt as _;

use super::{download_names::disposition, error::ApiResult};
use crate::{
    domain::{Actor, registration::Registrations},
    model::{
        Answer, CompetitionId, QuestionView, RegistrationView, forms::RegistrationFilter, time_zone,
    },
    store::InfrastructureError,
};

/// The names of the columns.
const COLUMNS: [&str; 7] = [
    "registrationId",
    "userId",
    "userName",
    "userEmail",
    "status",
    "waitlistPosition",
    "registeredAt",
];
/// The name of a further column, which the lists of competitions with divisions have.
const DIVISION_COLUMN: &str = "divisionName";
/// The name of a further column, which the lists of competitions with start numbers have.
const NUMBER_COLUMN: &str = "startNumber";
/// The name of a further column, which the lists of competitions with check-ins have.
const CHECKED_IN_COLUMN: &str = "checkedInAt";
/// U+FEFF: without it Excel decodes the file in the machine's legacy code page.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Returns the response that streams the registrations of a competition, for its organizer.
///
/// A failure after the first byte aborts the connection, so that a part of the list can't be mistaken
/// for the whole.
///
/// # Errors
/// Returns the domain's error if the actor may not export the registrations or there is no such
/// competition, before the first byte is sent.
pub async fn stream(
    registrations: &Registrations,
    actor: Actor,
    competition: CompetitionId,
    filter: RegistrationFilter,
) -> ApiResult<Response> {
    let list = registrations.export(actor, competition, filter).await?;
    let name = disposition(&list.title, "csv");
    let format = CsvFormat {
        zone: time_zone::parse_or_utc(&list.time_zone),
        has_divisions: list.has_divisions,
        has_check_ins: list.has_check_ins,
        has_numbers: list.has_numbers,
        questions: list.questions.clone(),
    };
    let format = Arc::new(format);
    let rows = futures::stream::unfold((list, true), move |(mut list, is_first)| {
        let format = Arc::clone(&format);
        async move {
            let bytes = match list.next().await? {
                Ok(rows) => encode(&rows, &format, is_first).map_err(std::io::Error::other),
                Err(error) => {
                    tracing::error!(%error, competition.id = %competition, "The CSV export of competition {competition} was aborted");
                    Err(std::io::Error::other(error))
                }
            };
            Some((bytes, (list, false)))
        }
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        ),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    // Compressors ask once more after the end.
    Ok((headers, Body::from_stream(rows.fuse())).into_response())
}

/// How registrations are written.
#[derive(Debug, Clone)]
struct CsvFormat {
    /// Times are those of clocks in this zone, with the difference to UTC.
    zone: Tz,
    has_divisions: bool,
    has_check_ins: bool,
    has_numbers: bool,
    /// The questions, each of which has a column, archived ones last.
    questions: Vec<QuestionView>,
}

/// Encodes a page of registrations; the first page begins with the names of the columns.
fn encode(
    rows: &[RegistrationView],
    format: &CsvFormat,
    is_first: bool,
) -> Result<Bytes, InfrastructureError> {
    let mut file = Vec::with_capacity(rows.len() * 160);
    if is_first {
        file.extend_from_slice(BYTE_ORDER_MARK.as_bytes());
    }
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(file);
    if is_first {
        writer
            .write_record(
                COLUMNS
                    .into_iter()
                    .chain(format.has_divisions.then_some(DIVISION_COLUMN))
                    .chain(format.has_numbers.then_some(NUMBER_COLUMN))
                    .chain(format.has_check_ins.then_some(CHECKED_IN_COLUMN))
                    .map(str::to_owned)
                    .chain(format.questions.iter().map(|one| neutralize(&one.label))),
            )
            .map_err(InfrastructureError::internal)?;
    }
    let time = |time: DateTime<Utc>| {
        let local = time.with_timezone(&format.zone);
        local.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    for row in rows {
        let number = || {
            row.start_number
                .map(|it| it.to_string())
                .unwrap_or_default()
        };
        let checked_in = || row.checked_in_at.map(time).unwrap_or_default();
        let division = || neutralize(row.division_name.as_deref().unwrap_or_default());
        let cells = [
            row.registration_id.to_string(),
            row.user_id.to_string(),
            neutralize(row.user_name.as_deref().unwrap_or_default()),
            neutralize(row.user_email.as_deref().unwrap_or_default()),
            row.status.to_string(),
            row.waitlist_position
                .map(|position| position.to_string())
                .unwrap_or_default(),
            time(row.registered_at),
        ];
        let cells = cells
            .into_iter()
            .chain(format.has_divisions.then(division))
            .chain(format.has_numbers.then(number))
            .chain(format.has_check_ins.then(checked_in))
            .chain(format.questions.iter().map(|one| answer(row, one)));
        writer
            .write_record(cells)
            .map_err(InfrastructureError::internal)?;
    }
    let bytes = writer.into_inner().map_err(InfrastructureError::internal)?;
    Ok(Bytes::from(bytes))
}

/// Returns the cell with the answer to a question, which is empty without one.
fn answer(row: &RegistrationView, question: &QuestionView) -> String {
    let answers = row.answers.as_ref();
    let answer = answers.and_then(|answers| answers.get(&question.id));
    answer.map_or_else(String::new, |answer| match answer {
        // A negative number is no formula.
        Answer::Number(number) => number.to_string(),
        answer => neutralize(&answer.to_string()),
    })
}

/// Returns a text that spreadsheets do not run as a formula (OWASP, "CSV injection"): an apostrophe
/// makes a cell that begins like a formula a text. Depending on its settings, a spreadsheet also begins
/// a cell after a semicolon, a tab or a line break. It ignores spaces before a formula.
pub(super) fn neutralize(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    let mut at_start = true;
    for c in text.chars() {
        if at_start && matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            safe.push('\'');
        }
        safe.push(c);
        let invisible = c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}');
        at_start = matches!(c, ';' | '\t' | '\r' | '\n') || (at_start && invisible);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RegistrationId, RegistrationStatus, UserId};

    const IN_UTC: CsvFormat = CsvFormat {
        zone: Tz::UTC,
        has_divisions: false,
        has_check_ins: false,
        has_numbers: false,
        questions: Vec::new(),
    };

    #[test]
    fn the_division_is_the_last_column_where_there_are_any() {
        let format = CsvFormat {
            has_divisions: true,
            ..IN_UTC
        };
        let entry = RegistrationView {
            division_name: Some("=10 km".to_owned()),
            ..row("Ada")
        };
        let bytes = encode(&[entry], &format, true).unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].ends_with(",registeredAt,divisionName"), "{text}");
        assert!(lines[1].ends_with(",'=10 km"), "{text}");
    }

    fn row(name: &str) -> RegistrationView {
        RegistrationView {
            registration_id: RegistrationId::new(),
            user_id: UserId::new(),
            competition_id: CompetitionId::new(),
            status: RegistrationStatus::Confirmed,
            registered_at: chrono::DateTime::default(),
            division_id: None,
            division_name: None,
            waitlist_position: None,
            start_number: None,
            checked_in_at: None,
            answers: None,
            ticket_code: None,
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
            assert_eq!(neutralize(name), text);
        }
        for name in [
            "Ada = Lovelace",
            "Anne-Marie",
            "a+b@c.d",
            "Ada; Grace",
            "\"=1\"",
        ] {
            assert_eq!(neutralize(name), name);
        }
    }

    #[test]
    fn quotes_commas_and_line_breaks_stay_within_their_cell() {
        let bytes = encode(&[row("Ada \"the\", first\nof all")], &IN_UTC, false).unwrap();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(&bytes[..]);
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(&record[2], "Ada \"the\", first\nof all");
        assert_eq!(record.len(), COLUMNS.len());
    }

    #[test]
    fn times_are_those_of_clocks_at_the_venue() {
        let summer = RegistrationView {
            registered_at: "2030-07-01T22:30:00Z".parse().unwrap(),
            ..row("Ada")
        };
        let format = CsvFormat {
            zone: Tz::Europe__Copenhagen,
            ..IN_UTC
        };
        let bytes = encode(&[summer], &format, false).unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.contains("2030-07-02T00:30:00.000+02:00"), "{text}");
    }

    #[test]
    fn the_header_stands_once_at_the_top() {
        let top = encode(&[], &IN_UTC, true).unwrap();
        assert!(top.starts_with(b"\xEF\xBB\xBFregistrationId,userId,"));
        assert!(top.ends_with(b"\r\n"));
        assert!(encode(&[], &IN_UTC, false).unwrap().is_empty());
    }
}
