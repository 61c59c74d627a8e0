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
    model::{DomainError, forms::FieldErrors},
    store::InfrastructureError,
    ui::{
        address,
        flash::{Flash, FormInput, Tone, put_flash},
        session::{address as client_address, viewer},
        text::{self, text},
    },
};

/// The result of a server function: no value, since the response is a redirect.
pub type ActionResult = Result<(), UnreadableForm>;

/// The only error that leaves a server function: the request was not one of our forms. Its text
/// reveals nothing internal.
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
#[error("this is not a form of this site")]
pub struct UnreadableForm;

impl FromServerFnError for UnreadableForm {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        tracing::debug!(%error, "a form could not be read");
        if let Some(answer) = use_context::<ResponseOptions>() {
            answer.set_status(StatusCode::BAD_REQUEST);
        }
        Self
    }
}

/// Redirects the browser to `to`. An island asks with `Accept: application/json` and gets the
/// address in `Location` with status 200, so that it navigates by itself: if `fetch` followed the
/// redirect, the flash message would be lost.
pub fn see_other(to: &str) {
    let Some(answer) = use_context::<ResponseOptions>() else {
        return;
    };
    let by_island = with_context::<Parts, _>(|parts| {
        parts
            .headers
            .get(header::ACCEPT)
            .is_some_and(|accept| accept.as_bytes() == b"application/json")
    });
    answer.set_status(if by_island == Some(true) {
        StatusCode::OK
    } else {
        StatusCode::SEE_OTHER
    });
    // Our own addresses are ASCII and `local` admits nothing else: this never falls back.
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    answer.insert_header(header::LOCATION, to);
}

/// Answers with status 429 and `Retry-After`. The web layer renders the page.
fn too_often(retry_after: u64) {
    if let Some(answer) = use_context::<ResponseOptions>() {
        answer.set_status(StatusCode::TOO_MANY_REQUESTS);
        answer.insert_header(header::RETRY_AFTER, retry_after.into());
    }
}

/// Redirects to `to`, where the flash data is shown.
pub async fn leave(to: &str, flash: &Flash) {
    if let Err(fault) = put_flash(flash).await {
        // The act itself is done or not done, whatever happens here; the next page shows it.
        tracing::error!(error = %fault, "a message for the next page is lost");
    }
    see_other(to);
}

/// Redirects to `to` with a message of success.
pub async fn succeed(to: &str, words: impl Into<String>) {
    leave(to, &Flash::say(Tone::Good, words)).await;
}

/// Redirects to `back` with a message about the error and with what was typed.
pub async fn fail(back: &str, form_input: FormInput, error: Error) {
    let t = &text().outcomes;
    let refusal = match error {
        Error::Domain(refusal) => refusal,
        Error::Infrastructure(fault) => {
            tracing::error!(error = %fault, form = form_input.form, "an act failed");
            return leave(back, &Flash::say(Tone::Bad, t.fault).with(form_input)).await;
        }
    };
    let words = text::refusal(&refusal);
    let flash = match refusal {
        DomainError::Unauthenticated => {
            let login = address::login_then(back);
            return leave(&login, &Flash::say(Tone::Neutral, t.login_first)).await;
        }
        DomainError::TooManyRequests { retry_after } => return too_often(retry_after),
        // The form says it itself, field by field.
        DomainError::Invalid(errors) => Flash::default().with(form_input.with_errors(errors)),
        DomainError::EmailTaken => {
            Flash::default().with(form_input.with_errors(FieldErrors::one("email", words)))
        }
        DomainError::CapacityBelowRegistrations => {
            Flash::default().with(form_input.with_errors(FieldErrors::one("capacity", words)))
        }
        // Told as what it is: not the person's mistake.
        DomainError::RequestInProgress | DomainError::AlreadyRegistered => {
            Flash::say(Tone::Neutral, words).with(form_input)
        }
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
/// Returns [`DomainError::Unauthenticated`] if nobody is logged in.
pub fn actor() -> Result<Actor, Error> {
    viewer()
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
