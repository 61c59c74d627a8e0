//! Server functions for the second factor: the second step of a log-in, and setting it up and removing it.

use leptos::prelude::*;

use super::{
    account::logged_in,
    action_response::{
        ActionResult, actor, fail, fail_to_log_in, leave_for_log_in, origin, see_other, services,
        succeed, unrestricted_actor,
    },
};
use crate::{
    domain::Error,
    model::{
        DomainError, UserView,
        forms::{ConfirmTotpForm, FieldErrors, FieldProblem, RemoveTotpForm, SecondStepForm},
    },
    ui::{
        flash::{Flash, FormInput, Tone},
        paths, second_factor,
        session::{current_log_in, is_recent, log_in},
        text::text,
    },
};

/// Does the second step of a log-in.
#[server(prefix = "/act", endpoint = "second-factor")]
pub async fn second_step(
    #[server(default)] totp: String,
    #[server(default)] next: String,
    #[server(default)] carried: String,
) -> ActionResult {
    let form = SecondStepForm { totp };
    let found: Result<UserView, Error> = async {
        let pending = second_factor::pending_log_in().ok_or(DomainError::Unauthenticated)?;
        let accounts = &services()?.accounts;
        let verified = accounts.finish_log_in(pending, &form, &origin()?).await?;
        log_in(&verified).await?;
        Ok(verified.user)
    }
    .await;
    match found {
        Ok(user) => {
            second_factor::forget();
            logged_in(&user, &next, &carried).await;
        }
        Err(Error::Domain(DomainError::Unauthenticated | DomainError::InvalidCredentials)) => {
            second_factor::forget();
            let words = text().second_factor.begin_again;
            let flash = Flash::say(Tone::Neutral, words);
            leave_for_log_in(&paths::login_then(&next), flash, &carried).await;
        }
        Err(error) => {
            let form_input = FormInput::of("second-factor", &form);
            let back = paths::second_step_then(&next);
            fail_to_log_in(&back, form_input, at(error, "totp"), &carried).await;
        }
    }
    Ok(())
}

/// Creates a secret for an authenticator app, which the next page shows.
#[server(prefix = "/act", endpoint = "set-up-second-factor")]
pub async fn set_up_second_factor(#[server(default)] next: String) -> ActionResult {
    let created: Result<(), Error> = async {
        let actor = unrestricted_actor()?;
        if !is_recent().await? {
            return Err(DomainError::RecentLoginRequired.into());
        }
        services()?.accounts.set_up_second_factor(actor).await?;
        Ok(())
    }
    .await;
    let back = paths::second_factor_then(&next);
    match created {
        Ok(()) => see_other(&back),
        Err(error) => fail(&back, FormInput::default(), error).await,
    }
    Ok(())
}

/// Makes log-ins need the second factor, and keeps the recovery codes for the next page.
#[server(prefix = "/act", endpoint = "confirm-second-factor")]
pub async fn confirm_second_factor(
    #[server(default)] code: String,
    #[server(default)] next: String,
) -> ActionResult {
    let form = ConfirmTotpForm { code };
    let confirmed: Result<(), Error> = async {
        let actor = unrestricted_actor()?;
        let accounts = &services()?.accounts;
        let kept = current_log_in()?;
        let codes = accounts.confirm_second_factor(actor, &form, &kept).await?;
        second_factor::keep_codes(&accounts.seal_recovery_codes(actor, &codes)?);
        Ok(())
    }
    .await;
    let back = paths::second_factor_then(&next);
    match confirmed {
        Ok(()) => succeed(&back, text().flash.second_factor_on).await,
        Err(error) => {
            let form_input = FormInput::of("confirm-second-factor", &form);
            fail(&back, form_input, at(error, "code")).await;
        }
    }
    Ok(())
}

/// Makes new recovery codes, and keeps them for the next page.
#[server(prefix = "/act", endpoint = "new-recovery-codes")]
pub async fn replace_recovery_codes(#[server(default)] code: String) -> ActionResult {
    let form = ConfirmTotpForm { code };
    let replaced: Result<(), Error> = async {
        let actor = actor()?;
        if !is_recent().await? {
            return Err(DomainError::RecentLoginRequired.into());
        }
        let accounts = &services()?.accounts;
        let codes = accounts.replace_recovery_codes(actor, &form).await?;
        second_factor::keep_codes(&accounts.seal_recovery_codes(actor, &codes)?);
        Ok(())
    }
    .await;
    match replaced {
        Ok(()) => see_other(paths::SECOND_FACTOR),
        Err(error) => {
            let form_input = FormInput::of("new-recovery-codes", &form);
            fail(paths::NEW_RECOVERY_CODES, form_input, at(error, "code")).await;
        }
    }
    Ok(())
}

/// Forgets the recovery codes, which their owner has written down.
#[server(prefix = "/act", endpoint = "recovery-codes-saved")]
pub async fn recovery_codes_saved(#[server(default)] next: String) -> ActionResult {
    second_factor::forget();
    see_other(paths::local(&next).unwrap_or(paths::SECURITY));
    Ok(())
}

/// Removes the second factor of the account.
#[server(prefix = "/act", endpoint = "remove-second-factor")]
pub async fn remove_second_factor(#[server(default)] code: String) -> ActionResult {
    let form = RemoveTotpForm { code };
    let removed: Result<(), Error> = async {
        let actor = actor()?;
        let accounts = &services()?.accounts;
        accounts.remove_second_factor(actor, &form).await
    }
    .await;
    match removed {
        Ok(()) => {
            second_factor::forget();
            succeed(paths::SECURITY, text().flash.second_factor_off).await;
        }
        Err(error) => {
            let form_input = FormInput::of("remove-second-factor", &form);
            fail(paths::SECOND_FACTOR, form_input, at(error, "code")).await;
        }
    }
    Ok(())
}

/// Reports a wrong code as an error of the field that it was typed into, which screen readers announce.
fn at(error: Error, field: &str) -> Error {
    match error {
        Error::Domain(DomainError::InvalidSecondFactor) => Error::Domain(DomainError::Invalid(
            FieldErrors::one(field, FieldProblem::WrongSecondFactor),
        )),
        other => other,
    }
}
