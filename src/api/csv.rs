//! Registrations as CSV (RFC 4180), streamed page by page: a large competition never lies in
//! memory as a whole.

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::ApiResult;
use crate::{
    domain::{Actor, registration::Registrations},
    model::{
        CompetitionId, RegistrationView,
        forms::{Paging, RegistrationFilter},
    },
    store::Fault,
};

/// Rows that are read at a time.
const ROWS: u64 = 1000;
const HEADER: [&str; 7] = [
    "registrationId",
    "userId",
    "userName",
    "userEmail",
    "status",
    "waitlistPosition",
    "registeredAt",
];

/// All registrations of a competition, for its organizer.
///
/// What is refused is refused before the first byte; a failure later cuts the connection, so that
/// nobody takes half a list for a whole one.
///
/// # Errors
/// As the domain refuses.
pub async fn registrations(
    registrations: Registrations,
    actor: Actor,
    competition: CompetitionId,
    filter: RegistrationFilter,
) -> ApiResult<Response> {
    let page = move |number: u64| {
        let (registrations, filter) = (registrations.clone(), filter.clone());
        async move {
            let paging = Paging {
                page: number,
                per_page: ROWS,
            };
            registrations
                .of_competition(actor, competition, &filter, paging)
                .await
        }
    };
    let first = page(1).await?;
    let pages = first.pages();
    let rest = stream::iter(2..=pages).then(page).map_ok(|page| page.items);
    let body = stream::once(async { Ok(first.items) })
        .chain(rest)
        .enumerate()
        .map(|(index, rows)| match rows {
            Ok(rows) => write(&rows, index == 0).map_err(std::io::Error::other),
            Err(error) => {
                tracing::error!(%error, "a CSV export broke off");
                Err(std::io::Error::other(error))
            }
        });
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present",
        ),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"registrations.csv\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

fn write(rows: &[RegistrationView], with_header: bool) -> Result<Bytes, Fault> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::with_capacity(rows.len() * 160));
    if with_header {
        writer.write_record(HEADER).map_err(Fault::internal)?;
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
            .map_err(Fault::internal)?;
    }
    let bytes = writer.into_inner().map_err(Fault::internal)?;
    Ok(Bytes::from(bytes))
}

/// Spreadsheets run a cell that begins like a formula; an apostrophe makes it a text (OWASP, "CSV
/// injection").
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
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
        for name in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(harmless(name), format!("'{name}"));
        }
        assert_eq!(harmless("Ada = Lovelace"), "Ada = Lovelace");
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
        assert!(top.starts_with(b"registrationId,userId,"));
        assert!(top.ends_with(b"\r\n"));
        assert!(write(&[], false).unwrap().is_empty());
    }
}
