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
        DomainError,
        forms::{FieldErrors, FieldProblem},
    },
    store::InfrastructureError,
    ui::{
        flash::{Flash, FormInput, Tone, put_flash},
        paths,
        session::{client_address, viewer},
        text::{domain_error as explain, text},
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
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(StatusCode::BAD_REQUEST);
        }
        Self
    }
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
    let accepts_json = with_context::<Parts, _>(|parts| {
        parts
            .headers
            .get(header::ACCEPT)
            .is_some_and(|accept| accept.as_bytes() == b"application/json")
    });
    accepts_json == Some(true)
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

/// Responds with status 429 and `Retry-After`. The web layer renders the page.
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

/// Redirects to `back` with a message about the error and with what was typed.
pub async fn fail(back: &str, form_input: FormInput, error: Error) {
    let t = &text().flash;
    let domain_error = match error {
        Error::Domain(domain_error) => domain_error,
        Error::Infrastructure(error) => {
            tracing::error!(%error, form = form_input.form, "A submitted form failed: internal error");
            return leave(
                back,
                &Flash::say(Tone::Bad, t.internal_error).with(form_input),
            )
            .await;
        }
    };
    let words = explain(&domain_error);
    let flash = match domain_error {
        DomainError::Unauthenticated => {
            let login = paths::login_then(back);
            return leave(&login, &Flash::say(Tone::Neutral, t.login_first)).await;
        }
        DomainError::TooManyRequests { retry_after } => return too_often(retry_after),
        // The form shows these errors, field by field.
        DomainError::Invalid(errors) => Flash::default().with(form_input.with_errors(errors)),
        DomainError::SecondFactorRequired => return see_other(&paths::second_factor_then(back)),
        DomainError::RecentLoginRequired => return see_other(&paths::confirm_password_then(back)),
        DomainError::EmailNotVerified => return see_other(&paths::verify_email_then(back)),
        DomainError::EmailTaken => Flash::default()
            .with(form_input.with_errors(FieldErrors::one("email", FieldProblem::EmailTaken))),
        DomainError::CapacityBelowRegistrations => Flash::default()
            .with(form_input.with_errors(FieldErrors::one("capacity", FieldProblem::SeatsTaken))),
        // Neutral, since this is not a mistake of the visitor.
        DomainError::RequestInProgress
        | DomainError::AlreadyRegistered
        | DomainError::NotOpenYet { .. } => Flash::say(Tone::Neutral, words).with(form_input),
        _ => Flash::say(Tone::Bad, words).with(form_input),
    };
    leave(back, &flash).await;
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
    with_context::<Parts, _>(|parts| parts.extensions.get::<Origin>().cloned())
        .flatten()
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

/// Returns the account that acts, also if it has to set up a second factor first: for what leads there.
///
/// # Errors
/// Returns [`DomainError::Unauthenticated`] for an anonymous visitor.
pub fn unrestricted_actor() -> Result<Actor, Error> {
    viewer()
        .user
        .as_ref()
        .map(|user| Actor::from(user).at(client_address()))
        .ok_or(Error::Domain(DomainError::Unauthenticated))
}

/// Parses an id from a hidden field.
///
/// # Errors
/// Returns [`DomainError::NotFound`] if the text is no valid id.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| DomainError::NotFound.into())
}
