//! Server functions that close registration for a competition, and reopen it.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::forms::{FieldErrors, local_time},
    ui::{flash::FormInput, paths, text::text},
};

/// The name under which the new deadline is kept after an error.
pub const REOPENING_FORM: &str = "reopening";

/// Closes registration for a competition now.
#[server(prefix = "/act", endpoint = "close-registration-of-competition")]
pub async fn close_registration(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let page = paths::organize(competition, "");
    let closed: Result<(), Error> = async {
        let competitions = &services()?.competitions;
        competitions.close_registration(actor()?, competition).await
    }
    .await;
    match closed {
        Ok(()) => succeed(&page, text().flash.registration_closed).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

/// Opens registration for a competition again, until a new deadline.
#[server(prefix = "/act", endpoint = "reopen-registration-of-competition")]
pub async fn reopen_registration(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "regDeadline")]
    reg_deadline: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let reopened: Result<(), Error> = async {
        let (competitions, actor) = (&services()?.competitions, actor()?);
        let zone = competitions.get_owned(actor, competition).await?.time_zone;
        let until = local_time(&reg_deadline, &zone)
            .map_err(|problem| FieldErrors::one("regDeadline", problem))?;
        let reopened = competitions.reopen_registration(actor, competition, until);
        reopened.await
    }
    .await;
    match reopened {
        Ok(()) => {
            let page = paths::organize(competition, "");
            succeed(&page, text().flash.registration_reopened).await;
        }
        Err(error) => {
            let back = paths::organize(competition, "reopen");
            let typed = FormInput::named(REOPENING_FORM).with("regDeadline", reg_deadline);
            fail(&back, typed, error).await;
        }
    }
    Ok(())
}
