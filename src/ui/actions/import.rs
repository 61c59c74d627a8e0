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
    domain::{Error, participants::import_text},
    model::{CompetitionId, DomainError, IMPORT_BYTES, ImportLine, ImportResult},
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::text,
    },
};

/// The name under which a list is kept between reading it and adding the people.
pub const IMPORT_FORM: &str = "import";
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
    /// The field with a list that was longer than it may be, so that only its beginning was read.
    cut: Option<String>,
}

/// Reads a list and shows what it would do.
#[server(prefix = "/act", endpoint = "read-import-of-competition", input = MultipartFormData)]
pub async fn read_import(form: MultipartData) -> ActionResult {
    let fields = receive(form).await?;
    let Some(competition) = known(&fields.competition_id).await else {
        return Ok(());
    };
    let page = import_page(competition);
    let list = match fields.file.is_empty() {
        true => &fields.people,
        false => &fields.file,
    };
    let read: Result<String, Error> = async {
        let participants = &services()?.participants;
        let list = import_text(list, fields.cut.is_none())?;
        participants
            .preview_import(actor()?, competition, list)
            .await?;
        Ok(list.to_owned())
    }
    .await;
    match read {
        Ok(list) => {
            let shown = FormInput::named(IMPORT_FORM)
                .with_list("people", list)
                .with(CHECKED, "on");
            leave(&page, &Flash::default().with(shown)).await;
        }
        Err(Error::Domain(DomainError::Invalid(errors)))
            if fields.cut.as_deref() == Some("people") =>
        {
            let typed = FormInput::named(IMPORT_FORM).with_errors(errors);
            let flash = Flash::say(Tone::Bad, text().import.paste_again).with(typed);
            leave(&page, &flash).await;
        }
        Err(error) => fail(&page, fields.typed(), error).await,
    }
    Ok(())
}

impl ImportFields {
    /// Returns the lines that were pasted, as far as a page can show them again. A browser keeps no file.
    fn typed(&self) -> FormInput {
        let typed = FormInput::named(IMPORT_FORM);
        match std::str::from_utf8(&self.people) {
            Ok(people) if !people.is_empty() && self.cut.as_deref() != Some("people") => {
                typed.with_list("people", people)
            }
            _ => typed,
        }
    }
}

/// The name of the field that says that a list was read and can be shown.
pub const CHECKED: &str = "checked";

async fn receive(form: MultipartData) -> Result<ImportFields, UnreadableForm> {
    let mut form = form.into_inner().ok_or_else(unreadable)?;
    let mut fields = ImportFields::default();
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let name = field.name().unwrap_or_default().to_owned();
        let most = match &*name {
            "people" | "file" => IMPORT_BYTES,
            _ => TEXT_BYTES,
        };
        let read = multipart::read_start(field, most).await;
        let (content, is_whole) = read.ok_or_else(unreadable)?;
        match &*name {
            "competitionId" => {
                fields.competition_id =
                    String::from_utf8(content.into()).map_err(|_| unreadable())?;
            }
            "people" => fields.people = content,
            "file" => fields.file = content,
            _ => {}
        }
        if !is_whole {
            fields.cut = Some(name);
            break;
        }
    }
    Ok(fields)
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
            let again =
                FormInput::named(IMPORT_FORM).with_list("people", ImportLine::csv(&result.refused));
            let flash = Flash::say(Tone::Bad, words(&result)).with(again);
            leave(&import_page(competition), &flash).await;
        }
        Err(error) => {
            let typed = FormInput::named(IMPORT_FORM).with_list("people", people);
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

fn import_page(competition: CompetitionId) -> String {
    paths::organize(competition, "import")
}
