//! The server function that asks for a reminder before registration opens.

use leptos::prelude::*;

use super::action_response::{ActionResult, actor, fail, id, services, succeed};
use crate::{
    domain::Error,
    model::CompetitionId,
    ui::{flash::FormInput, paths, text::text},
};

/// Notes that the account wants to be reminded of an opening, or no longer (`wanted` is empty).
#[server(prefix = "/act", endpoint = "remind-me")]
pub async fn remind_me(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] wanted: String,
) -> ActionResult {
    let wanted = !wanted.is_empty();
    let noted: Result<CompetitionId, Error> = async {
        let competition: CompetitionId = id(&competition_id)?;
        let reminders = &services()?.opening_reminders;
        reminders.want(actor()?, competition, wanted).await?;
        Ok(competition)
    }
    .await;
    let t = &text().flash;
    match noted {
        Ok(competition) => {
            let words = if wanted {
                t.reminder_wanted
            } else {
                t.reminder_unwanted
            };
            succeed(&paths::competition(competition), words).await;
        }
        Err(error) => {
            let back = match id::<CompetitionId>(&competition_id) {
                Ok(competition) => paths::competition(competition),
                Err(_) => paths::COMPETITIONS.to_owned(),
            };
            fail(&back, FormInput::default(), error).await;
        }
    }
    Ok(())
}
