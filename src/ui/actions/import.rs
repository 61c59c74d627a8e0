//! Server functions that import a list of participants: one reads it, and one adds the people.

use bytes::Bytes;
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

use super::{
    action_response::{ActionResult, UnreadableForm, actor, fail, leave, services, unreadable},
    competition::known,
    multipart,
};
use crate::{
    domain::Error,
    model::{
        CompetitionId, IMPORT_LINES, ImportLine, ImportResult,
        forms::{FieldErrors, FieldProblem},
    },
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::text,
    },
};

/// The name under which a list is kept between reading it and adding the people.
pub const IMPORT_FORM: &str = "import";
/// The longest list, in bytes. It fits into what a session keeps for the next page.
const LIST_BYTES: usize = 96 << 10;
/// The longest text of another field, in bytes.
const TEXT_BYTES: usize = 1 << 10;

/// The fields of the form with a list, as they were submitted.
#[derive(Debug, Default)]
struct ImportFields {
    competition_id: String,
    /// The lines that were pasted.
    people: Bytes,
    /// The content of the file that was chosen.
    file: Bytes,
    /// Whether a field was longer than it may be.
    is_too_long: bool,
}

/// Reads a list and shows what it would do.
#[server(prefix = "/act", endpoint = "read-import-of-competition", input = MultipartFormData)]
pub async fn read_import(form: MultipartData) -> ActionResult {
    let fields = receive(form).await?;
    let Some(competition) = known(&fields.competition_id).await else {
        return Ok(());
    };
    let page = import_page(competition);
    let is_file = !fields.file.is_empty();
    let list = if is_file { fields.file } else { fields.people };
    let read: Result<String, Error> = async {
        let participants = &services()?.participants;
        let list = decode(&list, fields.is_too_long)?;
        participants
            .preview_import(actor()?, competition, &list)
            .await?;
        Ok(list)
    }
    .await;
    match read {
        Ok(list) => {
            let shown = FormInput::named(IMPORT_FORM)
                .with("people", list)
                .with(CHECKED, "on");
            leave(&page, &Flash::default().with(shown)).await;
        }
        Err(error) => fail(&page, FormInput::named(IMPORT_FORM), error).await,
    }
    Ok(())
}

/// The name of the field that says that a list was read and can be shown.
pub const CHECKED: &str = "checked";

async fn receive(form: MultipartData) -> Result<ImportFields, UnreadableForm> {
    let mut form = form.into_inner().ok_or_else(unreadable)?;
    let mut fields = ImportFields::default();
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let name = field.name().unwrap_or_default().to_owned();
        let most = match &*name {
            "people" | "file" => LIST_BYTES,
            _ => TEXT_BYTES,
        };
        let Some(content) = multipart::read(field, most).await else {
            fields.is_too_long = true;
            break;
        };
        match &*name {
            "competitionId" => {
                fields.competition_id =
                    String::from_utf8(content.into()).map_err(|_| unreadable())?;
            }
            "people" => fields.people = content,
            "file" => fields.file = content,
            _ => {}
        }
    }
    Ok(fields)
}

/// Returns the text of a list.
fn decode(list: &Bytes, is_too_long: bool) -> Result<String, FieldErrors> {
    if is_too_long {
        let problem = FieldProblem::TooManyLines(IMPORT_LINES as u64);
        return Err(FieldErrors::one("people", problem));
    }
    std::str::from_utf8(list)
        .map(str::to_owned)
        .map_err(|error| {
            let before = &list[..error.valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            FieldErrors::one("people", FieldProblem::NotUtf8(line as u64))
        })
}

/// Adds the people of a list.
#[server(prefix = "/act", endpoint = "import-participants-to-competition")]
pub async fn import_participants(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] people: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let imported: Result<ImportResult, Error> = async {
        let participants = &services()?.participants;
        participants.import(actor()?, competition, &people).await
    }
    .await;
    match imported {
        Ok(result) if result.refused.is_empty() => {
            let list = paths::organize(competition, "registrations");
            leave(&list, &Flash::say(Tone::Good, words(&result))).await;
        }
        Ok(result) => {
            let again = FormInput::named(IMPORT_FORM).with("people", csv_list(&result.refused));
            let flash = Flash::say(Tone::Bad, words(&result)).with(again);
            leave(&import_page(competition), &flash).await;
        }
        Err(error) => {
            let typed = FormInput::named(IMPORT_FORM).with("people", people);
            fail(&import_page(competition), typed, error).await;
        }
    }
    Ok(())
}

/// Says what a list has done.
fn words(result: &ImportResult) -> String {
    let t = &text().import;
    let refused = u64::try_from(result.refused.len()).unwrap_or(u64::MAX);
    let sentences = [
        (result.seated, t.done(result.seated)),
        (result.waiting, t.done_waiting(result.waiting)),
        (result.registered, t.done_already(result.registered)),
        (refused, t.done_refused(refused)),
    ];
    let said = sentences.into_iter().filter(|(n, _)| *n > 0);
    said.map(|(_, words)| words).collect::<Vec<_>>().join(" ")
}

/// Returns lines that can be imported again.
fn csv_list(lines: &[ImportLine]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let has_divisions = lines.iter().any(|line| !line.division.is_empty());
    let mut list = String::new();
    if has_divisions {
        list.push_str("email,name,division\n");
    }
    for line in lines {
        list.push_str(&format!("{},{}", line.email, quoted(&line.name)));
        if has_divisions {
            list.push_str(&format!(",{}", quoted(&line.division)));
        }
        list.push('\n');
    }
    list
}

fn import_page(competition: CompetitionId) -> String {
    paths::organize(competition, "import")
}
