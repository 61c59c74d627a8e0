//! Server functions for signing up, logging in and out, and the profile.

use leptos::prelude::*;

use super::action_response::{ActionResult, actor, fail, origin, see_other, services, succeed};
use crate::{
    domain::Error,
    model::{
        DomainError, UserView,
        forms::{FieldErrors, LoginForm, ProfileForm, SignupForm},
    },
    ui::{
        flash::FormInput,
        paths,
        session::{log_in, log_out, viewer},
        text::{domain_error, text},
    },
};

/// Creates an account and logs in to it.
#[server(prefix = "/act", endpoint = "signup")]
pub async fn signup(
    #[server(default)] name: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> ActionResult {
    let form = SignupForm {
        name,
        email,
        password,
    };
    let created: Result<UserView, Error> = async {
        let verified = services()?.accounts.sign_up(&form, &origin()?).await?;
        log_in(&verified).await?;
        Ok(verified.user)
    }
    .await;
    match created {
        Ok(user) => {
            let to = paths::local(&next).unwrap_or(paths::COMPETITIONS);
            succeed(to, (text().flash.signed_up)(&user.name)).await;
        }
        Err(error) => {
            let back = paths::signup_then(&next);
            fail(&back, FormInput::of("signup", &form), error).await;
        }
    }
    Ok(())
}

/// Logs in to an account.
#[server(prefix = "/act", endpoint = "login")]
pub async fn login(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> ActionResult {
    let form = LoginForm { email, password };
    let found: Result<UserView, Error> = async {
        let verified = services()?.accounts.log_in(&form, &origin()?).await?;
        log_in(&verified).await?;
        Ok(verified.user)
    }
    .await;
    match found {
        Ok(user) => {
            let to = paths::local(&next).unwrap_or(paths::COMPETITIONS);
            succeed(to, (text().flash.logged_in)(&user.name)).await;
        }
        Err(error) => {
            let back = paths::login_then(&next);
            let form_input = FormInput::of("login", &form);
            // As an error of the password field, which screen readers announce.
            let error = match error {
                Error::Domain(error @ DomainError::InvalidCredentials) => Error::Domain(
                    DomainError::Invalid(FieldErrors::one("password", domain_error(&error))),
                ),
                other => other,
            };
            fail(&back, form_input, error).await;
        }
    }
    Ok(())
}

/// Logs out of the account.
#[server(prefix = "/act", endpoint = "logout")]
pub async fn logout() -> ActionResult {
    match log_out().await {
        // No flash message: it would create a new session.
        Ok(()) => see_other("/"),
        Err(error) => fail("/", FormInput::default(), error).await,
    }
    Ok(())
}

/// Changes the name or the e-mail address of the account.
#[server(prefix = "/act", endpoint = "profile")]
pub async fn update_profile(
    #[server(default)] name: String,
    #[server(default)] email: String,
) -> ActionResult {
    // Unchanged values are left out, so that the account's own address is not reported as taken.
    let old = viewer().user;
    let unless_same = |new: &String, old: Option<&String>| (Some(new) != old).then(|| new.clone());
    let form = ProfileForm {
        name: unless_same(&name, old.as_ref().map(|user| &user.name)),
        email: unless_same(&email, old.as_ref().map(|user| &user.email)),
    };
    let form_input = FormInput::of(
        "profile",
        &ProfileForm {
            name: Some(name),
            email: Some(email),
        },
    );
    let saved: Result<UserView, Error> =
        async { services()?.accounts.change_profile(actor()?, &form).await }.await;
    match saved {
        Ok(_) => succeed(paths::PROFILE, text().flash.profile_saved).await,
        Err(error) => fail(paths::PROFILE, form_input, error).await,
    }
    Ok(())
}
