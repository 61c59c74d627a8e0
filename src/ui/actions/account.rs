//! Server functions for signing up, logging in and out, and the profile.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::action_response::{
    ActionResult, actor, fail, fail_to_log_in, leave, leave_for_log_in, origin, sends_mail,
    services, succeed,
};
use super::registration::finish_intent;
use crate::{
    domain::{Actor, Error, accounts::LogInStep},
    model::{
        DomainError, Language, Role, UserView,
        forms::{
            FieldErrors, FieldProblem, ForgotPasswordForm, LoginForm, ProfileForm, SignupForm,
        },
    },
    text::{OFFERED, catalogue},
    ui::{
        flash::{Flash, FormInput, Tone},
        intent, log_in_page, paths, second_factor,
        session::{client_address, log_in, log_out, viewer},
        text::text,
    },
};

/// Creates an account and logs in to it.
#[server(prefix = "/act", endpoint = "signup")]
pub async fn signup(
    #[server(default)] name: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
    #[server(default)] carried: String,
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
        Ok(user) if finish_intent(acting(&user), &next, &carried).await => {}
        Ok(_) if show_again(&next, &carried).await => {}
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
            fail_to_log_in(&back, FormInput::of("signup", &form), error, &carried).await;
        }
    }
    Ok(())
}

/// Returns the account that has just logged in, as the one that acts.
fn acting(user: &UserView) -> Actor {
    Actor::from(user).at(client_address())
}

/// Leads to `next` after a log-in, if what was typed into the form of that page before it was carried through it.
pub(super) async fn show_again(next: &str, carried: &str) -> bool {
    let Some(form_input) = log_in_page::carried_form(carried) else {
        return false;
    };
    let to = paths::local(next).unwrap_or(paths::COMPETITIONS);
    let flash = Flash::say(Tone::Neutral, text().flash.typed_kept);
    leave(to, &flash.with(form_input)).await;
    true
}

/// Goes on after a log-in: does what the visitor wanted, shows what was typed before it again, or leads to `next`.
pub(super) async fn logged_in(user: &UserView, next: &str, carried: &str) {
    let is_done =
        finish_intent(acting(user), next, carried).await || show_again(next, carried).await;
    if !is_done {
        let to = paths::local(next).unwrap_or(paths::COMPETITIONS);
        succeed(to, text().flash.logged_in(&user.name)).await;
    }
}

/// Logs in to an account, or leads to its second step. `carried` is what was typed into a form whose session had
/// ended: the page that the log-in leads to shows it again.
#[server(prefix = "/act", endpoint = "login")]
pub async fn login(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] code: String,
    #[server(default)] next: String,
    #[server(default)] carried: String,
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
        Ok(Some(user)) => logged_in(&user, &next, &carried).await,
        Ok(None) => {
            let step = paths::second_step_then(&next);
            leave_for_log_in(&step, Flash::default(), &carried).await;
        }
        Err(error) => {
            let (back, field, problem) = match by_code {
                true => (
                    paths::login_with_code("code", &next),
                    "code",
                    FieldProblem::WrongLogInCode,
                ),
                false => (
                    paths::login_then(&next),
                    "password",
                    FieldProblem::WrongCredentials,
                ),
            };
            let form_input = FormInput::of("login", &form);
            // As an error of the field, which screen readers announce.
            let error = match error {
                Error::Domain(DomainError::InvalidCredentials) => {
                    Error::Domain(DomainError::Invalid(FieldErrors::one(field, problem)))
                }
                other => other,
            };
            fail_to_log_in(&back, form_input, error, &carried).await;
        }
    }
    Ok(())
}

/// Shows another page on which people log in or get what they need for it. It has the address that was typed, and goes
/// on carrying what was typed into a form whose session had ended: a link would lose both.
#[server(prefix = "/act", endpoint = "before-log-in")]
pub async fn show_before_log_in(
    #[server(default)] to: String,
    #[server(default)] email: String,
    #[server(default)] carried: String,
) -> ActionResult {
    let to = paths::local(&to).unwrap_or(paths::LOGIN);
    let (to, form) = match to.split('?').next().unwrap_or_default() {
        paths::SIGNUP => (to, "signup"),
        paths::FORGOT => (to, "forgot"),
        paths::LOGIN => (to, "login"),
        _ => (paths::LOGIN, "login"),
    };
    let form_input = FormInput::of(form, &ForgotPasswordForm { email });
    leave_for_log_in(to, Flash::default().with(form_input), &carried).await;
    Ok(())
}

/// Sends a code to log in with, if an account has the address. The button beside the form for the password has the field
/// `offered`: without an address, it leads to the form that asks for one.
#[server(prefix = "/act", endpoint = "login-code")]
pub async fn send_log_in_code(
    #[server(default)] email: String,
    #[server(default)] next: String,
    #[server(default)] carried: String,
    #[server(default)] offered: String,
) -> ActionResult {
    let form = ForgotPasswordForm { email };
    if form.email.trim().is_empty() && !offered.is_empty() {
        let to = paths::login_with_code("email", &next);
        leave_for_log_in(&to, Flash::default(), &carried).await;
        return Ok(());
    }
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
            leave_for_log_in(&to, Flash::default().with(form_input), &carried).await;
        }
        Err(error) => {
            let back = paths::login_with_code("email", &next);
            fail_to_log_in(&back, form_input, error, &carried).await;
        }
    }
    Ok(())
}

/// Logs out of the account.
#[server(prefix = "/act", endpoint = "logout")]
pub async fn logout() -> ActionResult {
    match log_out().await {
        Ok(()) => {
            // The next person at this device wants something else.
            intent::forget();
            // Kept in a cookie: an anonymous visitor gets no session for it.
            leave("/", &Flash::say(Tone::Neutral, text().flash.logged_out)).await;
        }
        Err(error) => fail("/", FormInput::default(), error).await,
    }
    Ok(())
}

/// Which messages are sent by mail and to devices, as the form of the profile has it: an unticked checkbox is missing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MessageChoices {
    #[serde(default)]
    reminders: String,
    #[serde(default, rename = "openingReminders")]
    opening_reminders: String,
    #[serde(default)]
    announcements: String,
    /// Filled in if the form had the choices about devices: an installation without push messages does not ask.
    #[serde(default, rename = "pushChoices")]
    push_asked: String,
    #[serde(default, rename = "pushPromotions")]
    push_promotions: String,
    #[serde(default, rename = "pushReminders")]
    push_reminders: String,
    #[serde(default, rename = "pushOpeningReminders")]
    push_opening_reminders: String,
}

impl MessageChoices {
    /// Returns a choice about devices, if the form had it.
    fn push(&self, typed: &str) -> Option<bool> {
        (!self.push_asked.is_empty()).then_some(typed == "on")
    }
}

/// Changes the name, the language and the choices of the account, and how participants reach an organizer.
#[server(prefix = "/act", endpoint = "profile")]
pub async fn update_profile(
    #[server(default)] name: String,
    #[server(default)] contact: String,
    #[server(flatten)] choices: MessageChoices,
    #[server(default)]
    #[server(rename = "timeZone")]
    time_zone: String,
    #[server(default)] language: String,
) -> ActionResult {
    let typed_language = language;
    let language = Language::with_tag(&typed_language).filter(|one| OFFERED.contains(one));
    let is_organizer = viewer()
        .user
        .is_some_and(|user| user.role >= Role::Organizer);
    let form = ProfileForm {
        name: Some(name),
        email: None,
        reminders: Some(choices.reminders == "on"),
        opening_reminders: Some(choices.opening_reminders == "on"),
        announcements: Some(choices.announcements == "on"),
        push_promotions: choices.push(&choices.push_promotions),
        push_reminders: choices.push(&choices.push_reminders),
        push_opening_reminders: choices.push(&choices.push_opening_reminders),
        time_zone: Some(time_zone),
        // Only their form has the field.
        contact: is_organizer.then(|| contact.clone()),
    };
    let saved: Result<UserView, Error> = async {
        let (actor, services) = (actor()?, services()?);
        if language.is_none() && !typed_language.is_empty() {
            return Err(FieldErrors::one("language", FieldProblem::NotInList).into());
        }
        let user = services.accounts.change_profile(actor, &form).await?;
        if let Some(language) = language {
            services.preferences.set_language(actor, language).await?;
        }
        Ok(user)
    }
    .await;
    match saved {
        Ok(_) if language.is_none() || language == viewer().language => {
            succeed(paths::PROFILE, text().flash.profile_saved).await;
        }
        Ok(_) => {
            // The cookie of this browser follows the address.
            let language = language.unwrap_or_default();
            let to = paths::with_query(paths::PROFILE, &[("lang", language.tag())]);
            succeed(&to, catalogue(language).flash.profile_saved).await;
        }
        Err(error) => {
            let form_input = FormInput::of("profile", &form)
                .with("contact", contact)
                .with("reminders", choices.reminders)
                .with("openingReminders", choices.opening_reminders)
                .with("announcements", choices.announcements)
                .with("pushPromotions", choices.push_promotions)
                .with("pushReminders", choices.push_reminders)
                .with("pushOpeningReminders", choices.push_opening_reminders)
                .with("language", typed_language);
            fail(paths::PROFILE, form_input, error).await;
        }
    }
    Ok(())
}
