//! The server function that gives start numbers.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{StartNumbersView, forms::StartNumberForm},
    ui::{
        flash::FormInput,
        paths,
        text::{number, text},
    },
};

/// The name of the form for the rule.
pub const START_NUMBERS_FORM: &str = "start-numbers";

/// Gives start numbers to those with a seat who have none.
#[server(prefix = "/act", endpoint = "give-start-numbers-of-competition")]
pub async fn give_start_numbers(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: StartNumberForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let given: Result<StartNumbersView, Error> = async {
        let actor = actor()?;
        let input = form.parse(false)?;
        let start_numbers = &services()?.start_numbers;
        start_numbers.give(actor, competition, input).await
    }
    .await;
    let page = paths::organize(competition, "start-numbers");
    match given {
        Ok(result) => succeed(&page, text().start_numbers.given(&number(result.given))).await,
        Err(error) => fail(&page, FormInput::of(START_NUMBERS_FORM, &form), error).await,
    }
    Ok(())
}
