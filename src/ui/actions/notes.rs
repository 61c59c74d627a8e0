//! Server functions about notes on registrations.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, id, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{CompetitionId, NoteId, RegistrationId},
    ui::{flash::FormInput, paths, text::text},
};

/// The name under which a note is kept after an error.
pub const NOTE_FORM: &str = "note";
/// The field that says on which registration the note is.
pub const NOTE_ABOUT: &str = "registrationId";

/// Writes a note on a registration.
#[server(prefix = "/act", endpoint = "add-note-to-registration-of-competition")]
pub async fn add_note(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "registrationId")]
    registration_id: String,
    #[server(default)] note: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let added: Result<(), Error> = async {
        let (registrations, actor) = (&services()?.registrations, actor()?);
        let registration = id::<RegistrationId>(&registration_id)?;
        registrations
            .add_note(actor, competition, registration, &note)
            .await
    }
    .await;
    let page = page(competition, &registration_id);
    match added {
        Ok(()) => succeed(&page, text().person.note_added).await,
        Err(error) => {
            let typed = FormInput::named(NOTE_FORM)
                .with("note", note)
                .with(NOTE_ABOUT, registration_id);
            fail(&page, typed, error).await;
        }
    }
    Ok(())
}

/// Deletes a note on a registration.
#[server(
    prefix = "/act",
    endpoint = "delete-note-of-registration-of-competition"
)]
pub async fn delete_note(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "registrationId")]
    registration_id: String,
    #[server(default)]
    #[server(rename = "noteId")]
    note_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let deleted: Result<(), Error> = async {
        let (registrations, actor) = (&services()?.registrations, actor()?);
        let registration = id::<RegistrationId>(&registration_id)?;
        let note = id::<NoteId>(&note_id)?;
        registrations
            .delete_note(actor, competition, registration, note)
            .await
    }
    .await;
    let page = page(competition, &registration_id);
    match deleted {
        Ok(()) => succeed(&page, text().person.note_deleted).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

/// Returns the page of the registration that a hidden field names, or the list if it names none.
fn page(competition: CompetitionId, registration: &str) -> String {
    match registration.parse() {
        Ok(registration) => paths::person(competition, registration),
        Err(_) => paths::organize(competition, "registrations"),
    }
}
