//! Server functions for log-ins: ending them, and confirming the password before something dangerous.

use leptos::prelude::*;
use uuid::Uuid;

use super::{
    account::show_again,
    action_response::{
        ActionResult, actor, fail, fail_to_log_in, id, origin, services, succeed,
        unrestricted_actor,
    },
    credentials::at_password,
};
use crate::{
    domain::Error,
    model::forms::ConfirmPasswordForm,
    store::sessions::account,
    ui::{
        flash::FormInput,
        paths,
        session::{authenticated, log_out, session},
        text::text,
    },
};

/// Ends one log-in of the account.
#[server(prefix = "/act", endpoint = "end-session")]
pub async fn end_session(
    #[server(default)]
    #[server(rename = "id")]
    session_id: String,
) -> ActionResult {
    let ended: Result<(), Error> = async {
        let actor = actor()?;
        let session_id: Uuid = id(&session_id)?;
        services()?.accounts.end_log_in(actor, session_id).await
    }
    .await;
    answer(ended, text().flash.session_ended).await;
    Ok(())
}

/// Ends all log-ins of the account but this one.
#[server(prefix = "/act", endpoint = "end-other-sessions")]
pub async fn end_other_sessions() -> ActionResult {
    let ended: Result<(), Error> = async {
        let actor = actor()?;
        let current = account::kept(&session()?);
        let accounts = &services()?.accounts;
        accounts.end_other_log_ins(actor, &current).await
    }
    .await;
    answer(ended, text().flash.other_sessions_ended).await;
    Ok(())
}

/// Checks the password, and goes on to what asked for it.
#[server(prefix = "/act", endpoint = "confirm-password")]
pub async fn confirm_password(
    #[server(default)] password: String,
    #[server(default)] next: String,
    #[server(default)] carried: String,
) -> ActionResult {
    let form = ConfirmPasswordForm { password };
    let confirmed: Result<(), Error> = async {
        let (actor, origin) = (unrestricted_actor()?, origin()?);
        let accounts = &services()?.accounts;
        accounts.confirm_password(actor, &form, &origin).await?;
        authenticated().await
    }
    .await;
    match confirmed {
        Ok(()) if show_again(&next, &carried).await => {}
        Ok(()) => {
            let to = paths::local(&next).unwrap_or(paths::SECURITY);
            super::action_response::see_other(to);
        }
        Err(error) => {
            let back = paths::confirm_password_then(&next);
            let form_input = FormInput::of("confirm-password", &form);
            let error = at_password(error, "password");
            fail_to_log_in(&back, form_input, error, &carried).await;
        }
    }
    Ok(())
}

/// Deletes the account that is logged in.
#[server(prefix = "/act", endpoint = "delete-account")]
pub async fn delete_account(#[server(default)] password: String) -> ActionResult {
    let form = ConfirmPasswordForm { password };
    let deleted: Result<(), Error> = async {
        let (actor, origin) = (actor()?, origin()?);
        let deletion = &services()?.account_deletion;
        deletion.delete(actor, &form, &origin).await?;
        log_out().await
    }
    .await;
    match deleted {
        Ok(()) => succeed("/", text().flash.account_deleted).await,
        Err(error) => {
            let form_input = FormInput::of("delete-account", &form);
            fail(paths::DATA, form_input, at_password(error, "password")).await;
        }
    }
    Ok(())
}

async fn answer(ended: Result<(), Error>, words: &'static str) {
    match ended {
        Ok(()) => succeed(paths::SESSIONS, words).await,
        Err(error) => fail(paths::SESSIONS, FormInput::default(), error).await,
    }
}
