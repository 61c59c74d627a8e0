//! Server functions that check participants in, and undo that.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, id, leave, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{CheckInView, CompetitionView, Permission, RegistrationId, forms::CheckInInput},
    text::{DateStyle, date_time},
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::{language, text},
    },
};

/// The name of the form for the code of a ticket.
pub const CHECK_IN_FORM: &str = "check-in";

/// Checks a participant in, by a code that was typed or by a name that was chosen.
#[server(prefix = "/act", endpoint = "check-in-to-competition")]
pub async fn check_in(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] code: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let checked_in: Result<(CheckInView, CompetitionView), Error> = async {
        let (actor, services) = (actor()?, services()?);
        let input = CheckInInput {
            code: code.clone(),
            ..CheckInInput::default()
        };
        let view = services
            .check_ins
            .check_in(actor, competition, input)
            .await?;
        let competitions = &services.competitions;
        let found = competitions.get_for(actor, competition, Permission::CheckIn);
        Ok((view, found.await?.0))
    }
    .await;
    let page = paths::organize(competition, "check-in");
    match checked_in {
        Ok((view, _)) if view.first => {
            succeed(&page, text().check_in.done(&account_name(&view.user_name))).await;
        }
        Ok((view, competition)) => {
            let words = already(&view, &competition.time_zone);
            leave(&page, &Flash::say(Tone::Neutral, words)).await;
        }
        Err(error) => {
            let typed = FormInput::named(CHECK_IN_FORM).with("code", code);
            fail(&page, typed, error).await;
        }
    }
    Ok(())
}

/// Undoes the check-in of a participant.
#[server(prefix = "/act", endpoint = "undo-check-in-to-competition")]
pub async fn undo_check_in(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "registrationId")]
    registration_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let undone: Result<String, Error> = async {
        let registration: RegistrationId = id(&registration_id)?;
        let check_ins = &services()?.check_ins;
        check_ins.undo(actor()?, competition, registration).await
    }
    .await;
    let page = paths::organize(competition, "check-in");
    match undone {
        Ok(name) => succeed(&page, text().check_in.undone(&account_name(&name))).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

/// Says that somebody was checked in before, when and by whom.
fn already(view: &CheckInView, zone: &str) -> String {
    let time = date_time(language(), DateStyle::Soon, view.checked_in_at, zone);
    let (name, by) = (
        account_name(&view.user_name),
        account_name(&view.checked_in_by),
    );
    text().check_in.already(&name, &time, &by)
}

fn account_name(name: &str) -> String {
    text().account.account_name(name).to_owned()
}
