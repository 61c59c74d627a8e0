//! The export of a competition's registrations as a spreadsheet (XLSX).
//!
//! The rows are those of an [`Export`](super::Export): one list of one moment. A blocking thread writes each page as it
//! is read, row by row into a temporary file, so that no more than a page is in memory. Every cell is a text, so nothing
//! that somebody typed is a formula. The format has its index at the end, so that the response can't begin before the
//! file is complete; its size has a bound ([`MOST_ROWS`]).

use std::{
    fs::File,
    io::{Seek, SeekFrom},
};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use tokio::sync::mpsc;

use super::service::Registrations;
use crate::{
    domain::{Actor, Error, Result},
    model::{
        CompetitionId, DomainError, Language, QuestionView, RegistrationStatus, RegistrationView,
        forms::RegistrationFilter, time_zone,
    },
    store::InfrastructureError,
    text::catalogue,
};

/// The most rows of a spreadsheet: about 75 MB in temporary files, and 8 MB in the response.
const MOST_ROWS: u32 = 100_000;
/// The number of pages that wait to be written.
const PAGES_AHEAD: usize = 1;

/// A spreadsheet that is complete.
#[derive(Debug)]
pub struct Spreadsheet {
    /// The title of the competition.
    pub title: String,
    /// The file, at its beginning. It has no name, and goes when it is closed.
    pub file: File,
    /// The length of the file, in bytes.
    pub length: u64,
}

/// Why no spreadsheet was written.
#[derive(Debug, thiserror::Error)]
enum SheetError {
    #[error("too many rows")]
    TooManyRows,
    #[error(transparent)]
    Sheet(#[from] XlsxError),
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl From<SheetError> for Error {
    fn from(error: SheetError) -> Self {
        match error {
            SheetError::TooManyRows => DomainError::ListTooLong.into(),
            other => InfrastructureError::internal(other).into(),
        }
    }
}

impl Registrations {
    /// Exports a competition's registrations like [`export`](Self::export), as a spreadsheet in the language of the
    /// actor.
    ///
    /// # Errors
    /// Returns the errors of [`export`](Self::export), and [`DomainError::ListTooLong`] if there are more than
    /// [`MOST_ROWS`].
    pub async fn spreadsheet(
        &self,
        actor: Actor,
        id: CompetitionId,
        filter: RegistrationFilter,
    ) -> Result<Spreadsheet> {
        let mut list = self.export(actor, id, filter).await?;
        let form = SheetForm {
            language: actor.language,
            zone: time_zone::parse_or_utc(&list.time_zone),
            has_divisions: list.has_divisions,
            has_numbers: list.has_numbers,
            has_check_ins: list.has_check_ins,
            questions: list.questions.clone(),
        };
        let (sender, pages) = mpsc::channel(PAGES_AHEAD);
        let writing = self.spreadsheets.run(move || write(pages, form, MOST_ROWS));
        let reading = async move {
            while let Some(page) = list.next().await {
                // The writer has ended: its result says why.
                if sender.send(page?).await.is_err() {
                    break;
                }
            }
            Ok::<_, InfrastructureError>(list.title)
        };
        let (written, title) = tokio::join!(writing, reading);
        let (file, length) = written?.map_err(InfrastructureError::internal)??;
        Ok(Spreadsheet {
            title: title?,
            file,
            length,
        })
    }
}

/// How registrations are written.
#[derive(Debug, Clone)]
struct SheetForm {
    language: Language,
    /// Times are those of clocks in this zone.
    zone: Tz,
    has_divisions: bool,
    has_numbers: bool,
    has_check_ins: bool,
    /// The questions, each of which has a column.
    questions: Vec<QuestionView>,
}

/// The widths of the columns in characters, those of the answers excepted.
const WIDTHS: [u32; 10] = [28, 32, 14, 10, 20, 24, 10, 20, 38, 38];
/// The width of a column with answers, in characters.
const ANSWER_WIDTH: u32 = 28;

impl SheetForm {
    fn headings(&self) -> Vec<String> {
        let t = catalogue(self.language);
        let registered = format!("{} ({})", t.organize.col_registered, self.zone.name());
        let all = [
            t.organize.col_name.to_owned(),
            t.organize.col_email.to_owned(),
            t.organize.col_status.to_owned(),
            t.organize.col_place.to_owned(),
            registered,
            t.divisions.division.to_owned(),
            t.start_numbers.number.to_owned(),
            format!("{} ({})", t.check_in.title, self.zone.name()),
            "registrationId".to_owned(),
            "userId".to_owned(),
        ];
        let questions = self.questions.iter().map(|one| one.label.clone());
        self.columns(all, questions)
    }

    fn cells(&self, row: &RegistrationView) -> Vec<String> {
        let t = catalogue(self.language);
        let me = &t.registrations;
        let status = match row.status {
            RegistrationStatus::Pending => me.pending,
            RegistrationStatus::Confirmed => me.confirmed,
            RegistrationStatus::Waitlisted => me.waitlisted,
            RegistrationStatus::Cancelled => me.cancelled,
        };
        let local = |time: DateTime<Utc>| {
            let local = time.with_timezone(&self.zone);
            local.format("%Y-%m-%d %H:%M:%S").to_string()
        };
        let answers = self.questions.iter().map(|question| {
            let answer = row.answers.as_ref().and_then(|it| it.get(&question.id));
            answer.map(ToString::to_string).unwrap_or_default()
        });
        let name = row.user_name.as_deref().unwrap_or_default();
        let position = row.waitlist_position.map(|position| position.to_string());
        let all = [
            t.account.account_name(name).to_owned(),
            row.user_email.clone().unwrap_or_default(),
            status.to_owned(),
            position.unwrap_or_default(),
            local(row.registered_at),
            row.division_name.clone().unwrap_or_default(),
            row.start_number
                .map(|number| number.to_string())
                .unwrap_or_default(),
            row.checked_in_at.map(local).unwrap_or_default(),
            row.registration_id.to_string(),
            row.user_id.to_string(),
        ];
        self.columns(all, answers)
    }

    /// Leaves out the columns of what the competition does not have, and puts the answers at the end.
    fn columns<T>(&self, all: [T; 10], answers: impl Iterator<Item = T>) -> Vec<T> {
        let columns = all.into_iter().enumerate();
        let shown = columns.filter(|(at, _)| match at {
            5 => self.has_divisions,
            6 => self.has_numbers,
            7 => self.has_check_ins,
            _ => true,
        });
        shown.map(|(_, cell)| cell).chain(answers).collect()
    }
}

/// Writes pages of registrations as they come, and returns the file with its length.
fn write(
    mut pages: mpsc::Receiver<Vec<RegistrationView>>,
    form: SheetForm,
    most_rows: u32,
) -> Result<(File, u64), SheetError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory();
    let of_answers = form.questions.iter().map(|_| ANSWER_WIDTH);
    for (column, width) in (0..).zip(form.columns(WIDTHS, of_answers)) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    write_row(sheet, 0, form.headings())?;
    let mut row = 0;
    while let Some(page) = pages.blocking_recv() {
        for registration in &page {
            if row == most_rows {
                return Err(SheetError::TooManyRows);
            }
            row += 1;
            write_row(sheet, row, form.cells(registration))?;
        }
    }
    let mut file = tempfile::tempfile()?;
    workbook.save_to_writer(&mut file)?;
    let length = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    Ok((file, length))
}

fn write_row(sheet: &mut Worksheet, row: u32, cells: Vec<String>) -> Result<(), XlsxError> {
    for (column, text) in (0..).zip(cells) {
        // Always as a text, whatever it looks like.
        sheet.write_string(row, column, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RegistrationId, UserId};

    fn form(has_divisions: bool) -> SheetForm {
        SheetForm {
            language: Language::German,
            zone: Tz::Europe__Copenhagen,
            has_divisions,
            has_numbers: false,
            has_check_ins: false,
            questions: Vec::new(),
        }
    }

    fn person(name: &str) -> RegistrationView {
        RegistrationView {
            registration_id: RegistrationId::new(),
            user_id: UserId::new(),
            competition_id: CompetitionId::new(),
            status: RegistrationStatus::Confirmed,
            registered_at: "2030-07-01T22:30:00Z".parse().unwrap(),
            division_id: None,
            division_name: Some("10 km".to_owned()),
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

    fn pages(sizes: &[usize]) -> mpsc::Receiver<Vec<RegistrationView>> {
        let (sender, receiver) = mpsc::channel(sizes.len());
        for size in sizes {
            sender.try_send(vec![person("=1+1"); *size]).unwrap();
        }
        receiver
    }

    #[test]
    fn cells_have_local_times_and_the_words_of_the_reader() {
        let cells = form(true).cells(&person("Ada"));
        assert_eq!(
            &cells[..6],
            [
                "Ada",
                "a@b.c",
                "Bestätigt",
                "",
                "2030-07-02 00:30:00",
                "10 km"
            ]
        );
        assert_eq!(form(true).headings().len(), 8);
        let headings = form(false).headings();
        assert_eq!(headings.len(), form(false).cells(&person("Ada")).len());
        assert!(headings[4].ends_with("(Europe/Copenhagen)"), "{headings:?}");
        assert!(!headings.contains(&"Kategorie".to_owned()));
    }

    #[test]
    fn a_spreadsheet_has_a_bound() {
        let (_, length) = write(pages(&[2, 3]), form(false), 5).unwrap();
        assert!(length > 1_000);
        let long = write(pages(&[2, 4]), form(false), 5);
        assert!(matches!(long, Err(SheetError::TooManyRows)));
    }
}
