//! What server functions have in common: their responses, and how they read requests.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::{
    prelude::{use_context, with_context},
    server_fn::{
        codec::JsonEncoding,
        error::{FromServerFnError, ServerFnErrorErr},
    },
};
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Actor, Error, Services, accounts::Origin},
    model::{
        DomainError, IdempotencyKey,
        forms::{FieldErrors, FieldProblem},
    },
    store::InfrastructureError,
    ui::{
        attached::attached,
        flash::{Flash, FormInput, Tone, UndoOffer, put_flash},
        log_in_page::{self, LogInPage},
        paths,
        session::{client_address, is_recent, viewer},
        text::{domain_error as explain, language, text},
    },
};

/// The result of a server function: no value, since the response is a redirect.
pub type ActionResult = Result<(), UnreadableForm>;

/// The only error that leaves a server function: the request is not a form of this site. Its text reveals
/// nothing internal.
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
#[error("this is not a form of this site")]
pub struct UnreadableForm;

impl FromServerFnError for UnreadableForm {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        tracing::debug!(%error, "Refused a form that could not be decoded");
        unreadable()
    }
}

/// Returns the error of a server function that decodes its form by itself, and sets the status of the response.
pub fn unreadable() -> UnreadableForm {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::BAD_REQUEST);
    }
    UnreadableForm
}

/// Returns the idempotency key of a form.
///
/// # Errors
/// Returns [`DomainError::IdempotencyKeyRequired`] if the text is none.
pub fn parse_key(text: &str) -> Result<IdempotencyKey, DomainError> {
    IdempotencyKey::parse(text).map_err(|_| DomainError::IdempotencyKeyRequired)
}

/// Redirects the browser to `to`. An island asks with `Accept: application/json` and gets the path in
/// `Location` with status 200, so that it navigates by itself: if `fetch` followed the redirect, the flash
/// message would be lost.
pub fn see_other(to: &str) {
    let Some(response) = use_context::<ResponseOptions>() else {
        return;
    };
    response.set_status(if is_by_island() {
        StatusCode::OK
    } else {
        StatusCode::SEE_OTHER
    });
    // Paths of this site are ASCII, and `local` returns no others, so the fallback is never used.
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    response.insert_header(header::LOCATION, to);
}

/// Returns whether an island has sent the request.
fn is_by_island() -> bool {
    accepts("application/json")
}

/// Returns whether the client names a media type among those that it accepts.
fn accepts(media_type: &str) -> bool {
    let accepts = with_context::<Parts, _>(|parts| {
        let accept = parts.headers.get(header::ACCEPT)?.to_str().ok()?;
        Some(accept.contains(media_type))
    });
    accepts.flatten() == Some(true)
}

/// Asks an island to send the form again in a moment: with status 409 and `Retry-After`, and without a flash
/// message. Returns `false` if the request does not come from an island.
pub fn ask_to_retry(retry_after: u64) -> bool {
    let Some(response) = use_context::<ResponseOptions>().filter(|_| is_by_island()) else {
        return false;
    };
    response.set_status(StatusCode::CONFLICT);
    response.insert_header(header::RETRY_AFTER, retry_after.into());
    true
}

/// Responds with status 429 and `Retry-After`.
fn too_often(retry_after: u64) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::TOO_MANY_REQUESTS);
        response.insert_header(header::RETRY_AFTER, retry_after.into());
    }
}

/// Redirects to `to`, where the flash data is shown.
pub async fn leave(to: &str, flash: &Flash) {
    if let Err(error) = put_flash(flash).await {
        // This does not change the result of the action, which the next page shows.
        tracing::error!(%error, "Could not keep the flash message of a form for the next page");
    }
    see_other(to);
}

/// Redirects to `to` with a message of success.
pub async fn succeed(to: &str, words: impl Into<String>) {
    leave(to, &Flash::say(Tone::Good, words)).await;
}

/// Redirects to `back` with a message about the error and with what was typed. If the session has ended, the
/// response is the log-in page, which carries what was typed.
pub async fn fail(back: &str, form_input: FormInput, error: Error) {
    if let Some((to, flash)) = outcome(back, form_input, error) {
        leave(&to, &flash).await;
    }
}

/// Redirects to `back` with a message about the error, and with the button again that was pressed.
pub async fn fail_to_undo(back: &str, undo: UndoOffer, error: Error) {
    if let Some((to, flash)) = outcome(back, FormInput::default(), error) {
        leave(&to, &flash.offering(undo)).await;
    }
}

/// Responds like [`fail`] to a form of the log-in page `back`, which may carry what was typed into another form.
pub async fn fail_to_log_in(back: &str, form_input: FormInput, error: Error, carried: &str) {
    if let Some((to, flash)) = outcome(back, form_input, error) {
        leave_for_log_in(&to, flash, carried).await;
    }
}

/// Redirects to a log-in page, or responds with it if it is to carry what was typed into another form.
pub async fn leave_for_log_in(to: &str, flash: Flash, carried: &str) {
    let carried = log_in_page::carried_form(carried);
    let page = carried.map(|carried| LogInPage {
        path: to.to_owned(),
        flash: flash.clone(),
        carried,
    });
    if !page.is_some_and(|page| log_in_page::respond_with(&page)) {
        leave(to, &flash).await;
    }
}

/// Returns the page that says what has become of a form, and what it shows; `None` if the response is set.
fn outcome(back: &str, form_input: FormInput, error: Error) -> Option<(String, Flash)> {
    let t = &text().flash;
    let domain_error = match error {
        Error::Domain(domain_error) => domain_error,
        Error::Infrastructure(error) => {
            tracing::error!(%error, form = form_input.form, "A submitted form failed: internal error");
            let flash = Flash::say(Tone::Bad, t.internal_error).with(form_input);
            return Some((back.to_owned(), flash));
        }
    };
    let words = explain(&domain_error);
    let flash = match domain_error {
        DomainError::Unauthenticated => return session_ended(back, form_input),
        // A program tries again, and a person finds what was typed.
        DomainError::TooManyRequests { retry_after } if !accepts("text/html") => {
            too_often(retry_after);
            return None;
        }
        // The form shows these errors, field by field.
        DomainError::Invalid(errors) => Flash::default().with(form_input.with_errors(errors)),
        DomainError::SecondFactorRequired => {
            see_other(&paths::second_factor_then(back));
            return None;
        }
        DomainError::RecentLoginRequired => {
            let page = paths::confirm_password_then(back);
            if !carries(&page, &Flash::default(), form_input) {
                see_other(&page);
            }
            return None;
        }
        DomainError::EmailNotVerified => {
            see_other(&paths::verify_email_then(back));
            return None;
        }
        DomainError::EmailTaken => Flash::default()
            .with(form_input.with_errors(FieldErrors::one("email", FieldProblem::EmailTaken))),
        DomainError::CapacityBelowRegistrations => Flash::default()
            .with(form_input.with_errors(FieldErrors::one("capacity", FieldProblem::SeatsTaken))),
        // Neutral, since this is not a mistake of the visitor.
        DomainError::RequestInProgress
        | DomainError::AlreadyRegistered
        | DomainError::NotOpenYet { .. }
        | DomainError::RegistrationPaused { .. } => {
            Flash::say(Tone::Neutral, words).with(form_input)
        }
        _ => Flash::say(Tone::Bad, words).with(form_input),
    };
    Some((back.to_owned(), flash))
}

/// Returns the log-in page, which leads on to `back`; `None` if the response is that page.
fn session_ended(back: &str, form_input: FormInput) -> Option<(String, Flash)> {
    let t = &text().flash;
    let path = paths::login_then(back);
    let flash = Flash::say(Tone::Neutral, t.typed_waits);
    if carries(&path, &flash, form_input) {
        return None;
    }
    Some((path, Flash::say(Tone::Neutral, t.login_first)))
}

/// Responds with a page before the log-in that carries what was typed. Returns `false` if nothing was typed that can be
/// carried, or the client wants no page.
fn carries(path: &str, flash: &Flash, form_input: FormInput) -> bool {
    let form_input = log_in_page::carriable(form_input);
    let page = (!form_input.values.is_empty()).then(|| LogInPage {
        path: path.to_owned(),
        flash: flash.clone(),
        carried: form_input,
    });
    page.is_some_and(|page| log_in_page::respond_with(&page))
}

/// Returns the services of the domain.
///
/// # Errors
/// Returns an internal error if the web layer did not provide them.
pub fn services() -> Result<Arc<Services>, Error> {
    use_context::<Arc<Services>>()
        .ok_or_else(|| InfrastructureError::internal("no services in a server function").into())
}

/// Returns whether mail can be sent, so that addresses are confirmed.
pub fn sends_mail() -> bool {
    services().is_ok_and(|services| services.accounts.sends_mail())
}

/// Returns where a log-in comes from.
///
/// # Errors
/// Returns an internal error if the web layer did not provide it.
pub fn origin() -> Result<Origin, Error> {
    attached::<Origin>()
        .ok_or_else(|| InfrastructureError::internal("no origin in this request").into())
}

/// Returns the account that acts. Server functions call this first, so that nothing is stored for anonymous
/// clients.
///
/// # Errors
/// Returns [`DomainError::Unauthenticated`] for an anonymous visitor, and [`DomainError::SecondFactorRequired`]
/// for an account that has to set up a second factor before it does anything else.
pub fn actor() -> Result<Actor, Error> {
    if viewer().lacks_second_factor {
        return Err(DomainError::SecondFactorRequired.into());
    }
    unrestricted_actor()
}

/// Returns the account that acts, if its password was verified within the last minutes.
///
/// # Errors
/// Returns the errors of [`actor`], and [`DomainError::RecentLoginRequired`] if the log-in was long ago.
pub async fn recent_actor() -> Result<Actor, Error> {
    let actor = actor()?;
    match is_recent().await? {
        true => Ok(actor),
        false => Err(DomainError::RecentLoginRequired.into()),
    }
}

/// Returns the account that acts, also if it has to set up a second factor first: for what leads there.
///
/// # Errors
/// Returns [`DomainError::Unauthenticated`] for an anonymous visitor.
pub fn unrestricted_actor() -> Result<Actor, Error> {
    viewer()
        .user
        .as_ref()
        .map(|user| Actor::from(user).at(client_address()).reading(language()))
        .ok_or(Error::Domain(DomainError::Unauthenticated))
}

/// Parses an id from a hidden field.
///
/// # Errors
/// Returns [`DomainError::NotFound`] if the text is no valid id.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| DomainError::NotFound.into())
}
