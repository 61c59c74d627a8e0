//! Server functions for signing up, logging in and out, and the profile.

use leptos::prelude::*;

use super::action_response::{
    ActionResult, actor, fail, leave, origin, see_other, sends_mail, services, succeed,
};
use super::registration::finish_intent;
use crate::{
    domain::{Actor, Error, accounts::LogInStep},
    model::{
        DomainError, Language, UserView,
        forms::{
            FieldErrors, FieldProblem, ForgotPasswordForm, LoginForm, ProfileForm, SignupForm,
        },
    },
    text::{OFFERED, catalogue},
    ui::{
        flash::{Flash, FormInput, Tone},
        paths, second_factor,
        session::{client_address, log_in, log_out},
        text::{language as present_language, text},
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
        Ok(user) if finish_intent(acting(&user), &next).await => {}
        Ok(user) => {
            let to = paths::local(&next).unwrap_or(paths::COMPETITIONS);
            let t = &text().flash;
            let words = match sends_mail() {
                true => t.signed_up_confirm(&user.name, &user.email),
                false => t.signed_up(&user.name),
            };
            succeed(to, words).await;
        }
        Err(error) => {
            let back = paths::signup_then(&next);
            fail(&back, FormInput::of("signup", &form), error).await;
        }
    }
    Ok(())
}

/// Returns the account that has just logged in, as the one that acts.
fn acting(user: &UserView) -> Actor {
    Actor::from(user).at(client_address())
}

/// Goes on after a log-in: does what the visitor wanted before it, or leads to `next`.
pub(super) async fn logged_in(user: &UserView, next: &str) {
    if !finish_intent(acting(user), next).await {
        let to = paths::local(next).unwrap_or(paths::COMPETITIONS);
        succeed(to, text().flash.logged_in(&user.name)).await;
    }
}

/// Logs in to an account, or leads to its second step.
#[server(prefix = "/act", endpoint = "login")]
pub async fn login(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] code: String,
    #[server(default)] next: String,
) -> ActionResult {
    let by_code = !code.is_empty();
    let form = LoginForm {
        email,
        password,
        code: by_code.then_some(code),
        totp: None,
    };
    let found: Result<Option<UserView>, Error> = async {
        let accounts = &services()?.accounts;
        let verified = match accounts.begin_log_in(&form, &origin()?).await? {
            LogInStep::Done(verified) => verified,
            LogInStep::SecondFactor(pending) => {
                second_factor::keep_log_in(&pending);
                return Ok(None);
            }
        };
        log_in(&verified).await?;
        Ok(Some(verified.user))
    }
    .await;
    match found {
        Ok(Some(user)) => logged_in(&user, &next).await,
        Ok(None) => see_other(&paths::second_step_then(&next)),
        Err(error) => {
            let (back, field) = match by_code {
                true => (paths::login_with_code("code", &next), "code"),
                false => (paths::login_then(&next), "password"),
            };
            let form_input = FormInput::of("login", &form);
            // As an error of the password field, which screen readers announce.
            let error = match error {
                Error::Domain(DomainError::InvalidCredentials) => Error::Domain(
                    DomainError::Invalid(FieldErrors::one(field, FieldProblem::WrongCredentials)),
                ),
                other => other,
            };
            fail(&back, form_input, error).await;
        }
    }
    Ok(())
}

/// Sends a code to log in with, if an account has the address.
#[server(prefix = "/act", endpoint = "login-code")]
pub async fn send_log_in_code(
    #[server(default)] email: String,
    #[server(default)] next: String,
) -> ActionResult {
    let form = ForgotPasswordForm { email };
    let asked: Result<(), Error> = async {
        let origin = origin()?;
        services()?.accounts.send_log_in_code(&form, &origin).await
    }
    .await;
    let form_input = FormInput::of("login", &form);
    match asked {
        // The next step keeps the address.
        Ok(()) => {
            let to = paths::login_with_code("code", &next);
            leave(&to, &Flash::default().with(form_input)).await;
        }
        Err(error) => {
            fail(&paths::login_with_code("email", &next), form_input, error).await;
        }
    }
    Ok(())
}

/// Logs out of the account.
#[server(prefix = "/act", endpoint = "logout")]
pub async fn logout() -> ActionResult {
    match log_out().await {
        // Kept in a cookie: an anonymous visitor gets no session for it.
        Ok(()) => leave("/", &Flash::say(Tone::Neutral, text().flash.logged_out)).await,
        Err(error) => fail("/", FormInput::default(), error).await,
    }
    Ok(())
}

/// Changes the name and the language of the account, and whether it gets reminders by mail.
#[server(prefix = "/act", endpoint = "profile")]
pub async fn update_profile(
    #[server(default)] name: String,
    #[server(default)] reminders: String,
    #[server(default)] language: String,
) -> ActionResult {
    let language = Language::with_tag(&language).filter(|one| OFFERED.contains(one));
    let form = ProfileForm {
        name: Some(name),
        email: None,
    };
    let saved: Result<UserView, Error> = async {
        let (actor, services) = (actor()?, services()?);
        let user = services.accounts.change_profile(actor, &form).await?;
        let preferences = &services.preferences;
        preferences.set_reminders(actor, reminders == "on").await?;
        if let Some(language) = language {
            preferences.set_language(actor, language).await?;
        }
        Ok(user)
    }
    .await;
    match saved {
        Ok(_) => {
            // The cookie of this browser follows the address.
            let language = language.unwrap_or_else(present_language);
            let to = paths::with_query(paths::PROFILE, &[("lang", language.tag())]);
            succeed(&to, catalogue(language).flash.profile_saved).await;
        }
        Err(error) => fail(paths::PROFILE, FormInput::of("profile", &form), error).await,
    }
    Ok(())
}
