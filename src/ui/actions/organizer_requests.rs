//! Server functions about requests to become an organizer.

use leptos::prelude::*;

use super::action_response::{ActionResult, actor, fail, id, recent_actor, services, succeed};
use crate::{
    domain::Error,
    model::{UserId, forms::OrganizerRequestForm},
    ui::{flash::FormInput, paths, text::text},
};

/// The name of the form with which a participant asks.
pub const ORGANIZER_REQUEST_FORM: &str = "organizer-request";

/// Asks that the account becomes an organizer.
#[server(prefix = "/act", endpoint = "request-organizer-role")]
pub async fn request_organizer_role(#[server(flatten)] form: OrganizerRequestForm) -> ActionResult {
    let asked: Result<(), Error> = async {
        let accounts = &services()?.accounts;
        accounts.request_organizer_role(actor()?, &form).await
    }
    .await;
    match asked {
        Ok(()) => succeed(paths::ORGANIZE, text().organize.asked).await,
        Err(error) => {
            let form_input = FormInput::of(ORGANIZER_REQUEST_FORM, &form);
            fail(paths::ORGANIZE, form_input, error).await;
        }
    }
    Ok(())
}

/// Makes the participant an organizer.
#[server(prefix = "/act", endpoint = "approve-organizer-request")]
pub async fn approve_organizer_request(
    #[server(default)]
    #[server(rename = "id")]
    account: String,
) -> ActionResult {
    answer(&account, true).await
}

/// Declines the request of the participant.
#[server(prefix = "/act", endpoint = "decline-organizer-request")]
pub async fn decline_organizer_request(
    #[server(default)]
    #[server(rename = "id")]
    account: String,
) -> ActionResult {
    answer(&account, false).await
}

async fn answer(account: &str, approved: bool) -> ActionResult {
    let answered: Result<&'static str, Error> = async {
        let (account, actor) = (id::<UserId>(account)?, recent_actor().await?);
        let accounts = &services()?.accounts;
        if approved {
            accounts.approve_organizer_request(actor, account).await?;
            return Ok(text().admin.did_approve);
        }
        accounts.decline_organizer_request(actor, account).await?;
        Ok(text().admin.did_decline)
    }
    .await;
    let back = paths::ADMIN_ORGANIZER_REQUESTS;
    match answered {
        Ok(words) => succeed(back, words).await,
        Err(error) => fail(back, FormInput::default(), error).await,
    }
    Ok(())
}
