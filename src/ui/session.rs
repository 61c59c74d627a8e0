//! The account that is logged in to the request's session.
//!
//! The web layer reads the session once for each request and attaches a [`Viewer`] to the request's
//! extensions; pages and server functions read it here. Only server functions log in and out.

use axum::http::request::Parts;
use leptos::prelude::with_context;
use tower_sessions::Session;

use crate::{
    domain::{ClientAddress, Error, Viewer, accounts::VerifiedAccount},
    model::DomainError,
    store::{InfrastructureError, sessions::account},
};

/// Returns the account that is logged in to this request.
#[must_use]
pub fn viewer() -> Viewer {
    with_context::<Parts, _>(|parts| parts.extensions.get::<Viewer>().cloned())
        .flatten()
        .unwrap_or_default()
}

/// Returns the network address of the client, if it is known.
#[must_use]
pub fn client_address() -> Option<ClientAddress> {
    with_context::<Parts, _>(|parts| parts.extensions.get::<ClientAddress>().copied()).flatten()
}

/// Returns the session of this request.
///
/// # Errors
/// Returns an internal error if the web layer attached no session.
pub fn session() -> Result<Session, InfrastructureError> {
    with_context::<Parts, _>(|parts| parts.extensions.get::<Session>().cloned())
        .flatten()
        .ok_or_else(|| InfrastructureError::internal("no session in this request"))
}

/// Logs an account in. The session gets a new id, so that an id which an attacker planted in the browser
/// before is worthless (session fixation).
///
/// # Errors
/// Returns [`DomainError::InvalidCredentials`] if the account's password or role was changed or its tokens
/// were revoked since the log-in was verified, and an infrastructure error if the session can't be stored.
pub async fn log_in(verified: &VerifiedAccount) -> Result<(), Error> {
    let (account, epoch) = (verified.user.id, verified.auth_epoch);
    if account::log_in(&session()?, account, epoch).await? {
        Ok(())
    } else {
        Err(DomainError::InvalidCredentials.into())
    }
}

/// Logs out and deletes the session with everything in it.
///
/// # Errors
/// Returns an infrastructure error if the session can't be deleted.
pub async fn log_out() -> Result<(), Error> {
    Ok(account::log_out(&session()?).await?)
}
