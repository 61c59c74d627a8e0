//! The server function that deletes a competition.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, leave, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::text,
    },
};

/// The name under which the title that was typed before a deletion is kept.
pub const DELETION_FORM: &str = "deletion";

/// Deletes a competition, if its title was typed and nobody who is registered for it awaits it.
#[server(prefix = "/act", endpoint = "delete-competition")]
pub async fn delete_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] title: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let question = paths::organize(competition, "delete");
    let deleted: Result<Option<bool>, Error> = async {
        let (competitions, actor) = (&services()?.competitions, actor()?);
        let found = competitions.get_owned(actor, competition).await?;
        if !is_title(&title, &found.title) {
            return Ok(None);
        }
        let deleted = competitions.delete_unless_awaited(actor, competition);
        Ok(Some(deleted.await?))
    }
    .await;
    match deleted {
        Ok(Some(true)) => succeed(paths::ORGANIZE, text().flash.deleted).await,
        // The page says why it can't be deleted.
        Ok(Some(false)) => leave(&question, &Flash::default()).await,
        Ok(None) => {
            let words = text().editing.delete_other_title;
            let typed = FormInput::named(DELETION_FORM).with("title", title);
            let flash = Flash::say(Tone::Bad, words).with(typed);
            leave(&question, &flash).await;
        }
        Err(error) => {
            let typed = FormInput::named(DELETION_FORM).with("title", title);
            fail(&question, typed, error).await;
        }
    }
    Ok(())
}

/// Returns whether somebody has typed this title, in capitals or not and with whatever spaces.
fn is_title(typed: &str, title: &str) -> bool {
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_lowercase).collect() };
    words(typed) == words(title)
}
