//! Server functions for passwords and e-mail addresses: changing them, and the forms behind the links that
//! are sent by mail. Opening such a link changes nothing; only these functions do.

use leptos::prelude::*;

use super::action_response::{
    ActionResult, actor, fail, fail_to_log_in, leave, leave_for_log_in, origin, sends_mail,
    services, succeed,
};
use super::registration::finish_intent;
use crate::{
    domain::{Actor, Error},
    model::{
        DomainError,
        forms::{
            ChangeEmailForm, ChangePasswordForm, FieldErrors, FieldProblem, ForgotPasswordForm,
            ResetPasswordForm,
        },
    },
    store::sessions::account,
    ui::{
        flash::{Flash, FormInput, Tone},
        intent, paths,
        session::session,
        text::{domain_error, text},
    },
};

/// Sends a link to set a new password, if an account has the address.
#[server(prefix = "/act", endpoint = "forgot")]
pub async fn forgot_password(
    #[server(default)] email: String,
    #[server(default)] next: String,
    #[server(default)] carried: String,
) -> ActionResult {
    let form = ForgotPasswordForm { email };
    let asked: Result<(), Error> = async {
        let origin = origin()?;
        services()?.accounts.forgot_password(&form, &origin).await
    }
    .await;
    let next = paths::local(&next).unwrap_or_default();
    match asked {
        Ok(()) => {
            intent::keep_way_on(next);
            let sent = paths::with_query(paths::FORGOT, &[("sent", "1"), ("next", next)]);
            let flash = match carried.is_empty() {
                true => Flash::default(),
                false => Flash::say(Tone::Neutral, text().flash.typed_stays),
            };
            leave_for_log_in(&sent, flash, &carried).await;
        }
        Err(error) => {
            let back = paths::forgot_then(next);
            fail_to_log_in(&back, FormInput::of("forgot", &form), error, &carried).await;
        }
    }
    Ok(())
}

/// Sets a new password with the token from a mail.
#[server(prefix = "/act", endpoint = "reset")]
pub async fn reset_password(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> ActionResult {
    let form = ResetPasswordForm { token, password };
    let reset: Result<(), Error> = async {
        let origin = origin()?;
        services()?.accounts.reset_password(&form, &origin).await
    }
    .await;
    match reset {
        Ok(()) => {
            let login = paths::login_then(&intent::take_way_on().unwrap_or_default());
            succeed(&login, text().flash.password_reset).await;
        }
        Err(error) => {
            let back = paths::with_query(paths::RESET, &[("token", &form.token)]);
            fail(&back, FormInput::of("reset", &form), error).await;
        }
    }
    Ok(())
}

/// Confirms the e-mail address that a token was sent to.
#[server(prefix = "/act", endpoint = "verify-email")]
pub async fn verify_email(#[server(default)] token: String) -> ActionResult {
    let confirmed: Result<(), Error> = async {
        let origin = origin()?;
        services()?.accounts.confirm_email(&token, &origin).await
    }
    .await;
    match confirmed {
        Ok(()) => {
            let next = intent::take_way_on().unwrap_or_default();
            // Only this account waits for its address: what was wanted before a log-in needs one that leads to it.
            let waits = |actor: &Actor| {
                intent::waiting().is_some_and(|intent| intent.account == Some(actor.id))
            };
            let to = match actor() {
                Ok(actor) if waits(&actor) && finish_intent(actor, &next, "").await => {
                    return Ok(());
                }
                Ok(_) => paths::verify_email_then(&next),
                Err(_) => paths::login_then(&next),
            };
            succeed(&to, text().flash.email_confirmed).await;
        }
        Err(Error::Domain(error @ DomainError::EmailTaken)) => {
            let flash = Flash::say(Tone::Bad, domain_error(&error));
            leave(paths::SECURITY, &flash).await;
        }
        Err(error) => {
            let back = paths::with_query(paths::VERIFY_EMAIL, &[("token", &token)]);
            fail(&back, FormInput::default(), error).await;
        }
    }
    Ok(())
}

/// Sends the link that confirms the e-mail address again.
#[server(prefix = "/act", endpoint = "send-confirmation")]
pub async fn send_confirmation(#[server(default)] next: String) -> ActionResult {
    let sent: Result<(), Error> = async {
        let actor = actor()?;
        services()?.accounts.send_confirmation(actor).await
    }
    .await;
    let back = paths::verify_email_then(&next);
    match sent {
        Ok(()) => succeed(&back, text().flash.link_sent_again).await,
        Err(error) => fail(&back, FormInput::default(), error).await,
    }
    Ok(())
}

/// Replaces the password of the account.
#[server(prefix = "/act", endpoint = "password")]
pub async fn change_password(
    #[server(default)]
    #[server(rename = "currentPassword")]
    current_password: String,
    #[server(default)]
    #[server(rename = "newPassword")]
    new_password: String,
) -> ActionResult {
    let form = ChangePasswordForm {
        current_password,
        new_password,
    };
    let changed: Result<(), Error> = async {
        let (actor, origin) = (actor()?, origin()?);
        let kept = account::kept(&session()?);
        let accounts = &services()?.accounts;
        accounts.change_password(actor, &form, &kept, &origin).await
    }
    .await;
    match changed {
        Ok(()) => succeed(paths::SECURITY, text().flash.password_changed).await,
        Err(error) => {
            let error = at_password(error, "currentPassword");
            fail(paths::SECURITY, FormInput::of("password", &form), error).await;
        }
    }
    Ok(())
}

/// Changes the e-mail address of the account, at once or when it is confirmed.
#[server(prefix = "/act", endpoint = "email")]
pub async fn change_email(
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> ActionResult {
    let form = ChangeEmailForm { email, password };
    let changed: Result<(), Error> = async {
        let (actor, origin) = (actor()?, origin()?);
        let accounts = &services()?.accounts;
        accounts.change_email(actor, &form, &origin).await
    }
    .await;
    let t = &text().flash;
    match changed {
        Ok(()) if sends_mail() => {
            succeed(paths::SECURITY, t.confirm_new_email(form.email.trim())).await;
        }
        Ok(()) => succeed(paths::SECURITY, t.email_changed).await,
        Err(error) => {
            let error = at_password(error, "password");
            fail(paths::SECURITY, FormInput::of("email", &form), error).await;
        }
    }
    Ok(())
}

/// Reports a wrong password as an error of the field it was typed into, which screen readers announce.
pub(super) fn at_password(error: Error, field: &str) -> Error {
    match error {
        Error::Domain(DomainError::InvalidCredentials) => Error::Domain(DomainError::Invalid(
            FieldErrors::one(field, FieldProblem::WrongPassword),
        )),
        other => other,
    }
}
