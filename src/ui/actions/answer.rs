//! How every server function answers.

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
        flash::{Flash, Tone, Typed, put_flash},
        session::{address as client_address, viewer},
        text::{self, text},
    },
};

/// What a server function returns: nothing, since the answer is a redirect.
pub type Done = Result<(), Unreadable>;

/// The only error that leaves a server function: the request was not one of our forms. Its text
/// says nothing about the inside.
#[derive(Debug, Clone, Serialize, Deserialize, thiserror::Error)]
#[error("this is not a form of this site")]
pub struct Unreadable;

impl FromServerFnError for Unreadable {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        tracing::debug!(%error, "a form could not be read");
        if let Some(answer) = use_context::<ResponseOptions>() {
            answer.set_status(StatusCode::BAD_REQUEST);
        }
        Self
    }
}

/// Sends the browser to `to`. An island asks with `Accept: application/json` and gets the address
/// in `Location` with status 200, so that it can go there itself: a redirect that `fetch` follows
/// would swallow what the next page has to say.
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

/// Says that it was too often, and when to come back. The web layer makes a page of it.
fn too_often(retry_after: u64) {
    if let Some(answer) = use_context::<ResponseOptions>() {
        answer.set_status(StatusCode::TOO_MANY_REQUESTS);
        answer.insert_header(header::RETRY_AFTER, retry_after.into());
    }
}

/// Goes to `to`, where `flash` is said.
pub async fn leave(to: &str, flash: &Flash) {
    if let Err(fault) = put_flash(flash).await {
        // The act itself is done or not done, whatever happens here; the next page shows it.
        tracing::error!(error = %fault, "a message for the next page is lost");
    }
    see_other(to);
}

/// Goes to `to`, where it is said that it worked.
pub async fn succeed(to: &str, words: impl Into<String>) {
    leave(to, &Flash::say(Tone::Good, words)).await;
}

/// Goes back to `back`, where it is said what did not work, with what was typed.
pub async fn fail(back: &str, typed: Typed, error: Error) {
    let t = &text().outcomes;
    let refusal = match error {
        Error::Domain(refusal) => refusal,
        Error::Infrastructure(fault) => {
            tracing::error!(error = %fault, form = typed.form, "an act failed");
            return leave(back, &Flash::say(Tone::Bad, t.fault).with(typed)).await;
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
        DomainError::Invalid(errors) => Flash::default().with(typed.with_errors(errors)),
        DomainError::EmailTaken => {
            Flash::default().with(typed.with_errors(FieldErrors::one("email", words)))
        }
        DomainError::CapacityBelowRegistrations => {
            Flash::default().with(typed.with_errors(FieldErrors::one("capacity", words)))
        }
        // Told as what it is: not the person's mistake.
        DomainError::RequestInProgress | DomainError::AlreadyRegistered => {
            Flash::say(Tone::Neutral, words).with(typed)
        }
        _ => Flash::say(Tone::Bad, words).with(typed),
    };
    leave(back, &flash).await;
}

/// The application, for a server function.
///
/// # Errors
/// A fault, when the web layer did not provide it.
pub fn services() -> Result<Arc<Services>, Error> {
    use_context::<Arc<Services>>()
        .ok_or_else(|| InfrastructureError::internal("no services in a server function").into())
}

/// Where a log-in comes from.
///
/// # Errors
/// A fault, when the web layer did not say.
pub fn origin() -> Result<Origin, Error> {
    with_context::<Parts, _>(|parts| parts.extensions.get::<Origin>().cloned())
        .flatten()
        .ok_or_else(|| InfrastructureError::internal("no origin in this request").into())
}

/// Who acts. Asked before anything else, so that strangers leave nothing behind.
///
/// # Errors
/// [`DomainError::Unauthenticated`] when nobody is logged in.
pub fn actor() -> Result<Actor, Error> {
    viewer()
        .as_ref()
        .map(|user| Actor::from(user).at(client_address()))
        .ok_or(Error::Domain(DomainError::Unauthenticated))
}

/// An id from a hidden field. What is no id names nothing.
///
/// # Errors
/// [`DomainError::NotFound`] when it is no id.
pub fn id<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| DomainError::NotFound.into())
}
