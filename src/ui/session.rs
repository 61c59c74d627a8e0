//! The account that is logged in to the request's session.
//!
//! The web layer reads the session once for each request and attaches a [`Viewer`] to the request's
//! extensions; pages and server functions read it here. Only server functions log in and out.

use axum::http::{header, request::Parts};
use chrono::{DateTime, Utc};
use leptos::prelude::{use_context, with_context};
use tower_sessions::Session;

use super::attached::attached;
use crate::{
    domain::{
        ClientAddress, Error, Viewer,
        accounts::{VerifiedAccount, log_ins},
    },
    model::{DomainError, device_of},
    ops::Clock,
    store::{
        InfrastructureError,
        sessions::account::{self, BrowserLogIn},
        sign_out::KeptLogIn,
    },
};

/// Returns the account that is logged in to this request.
#[must_use]
pub fn viewer() -> Viewer {
    attached().unwrap_or_default()
}

/// Returns the network address of the client, if it is known.
#[must_use]
pub fn client_address() -> Option<ClientAddress> {
    attached()
}

/// Returns the session of this request.
///
/// # Errors
/// Returns an internal error if the web layer attached no session.
pub fn session() -> Result<Session, InfrastructureError> {
    attached().ok_or_else(|| InfrastructureError::internal("no session in this request"))
}

/// Logs an account in. The session gets a new id, so that an id which an attacker planted in the browser
/// before is worthless (session fixation).
///
/// # Errors
/// Returns [`DomainError::InvalidCredentials`] if the account's password or role was changed or its tokens
/// were revoked since the log-in was verified, and an infrastructure error if the session can't be stored.
pub async fn log_in(verified: &VerifiedAccount) -> Result<(), Error> {
    let (account, epoch) = (verified.user.id, verified.auth_epoch);
    let log_in = BrowserLogIn {
        at: now()?,
        device: device(),
    };
    if account::log_in(&session()?, account, epoch, log_in).await? {
        Ok(())
    } else {
        Err(DomainError::InvalidCredentials.into())
    }
}

/// Returns whether the password was verified in this session within the last minutes, as dangerous actions
/// require.
///
/// # Errors
/// Returns an infrastructure error if the session can't be read.
pub async fn is_recent() -> Result<bool, InfrastructureError> {
    let at = account::authenticated_at(&session()?).await?;
    Ok(log_ins::must_be_recent(at, now()?).is_ok())
}

/// Returns the log-in of this session, as one that a sign-out keeps.
///
/// # Errors
/// Returns an internal error if the web layer attached no session.
pub fn current_log_in() -> Result<KeptLogIn, InfrastructureError> {
    Ok(account::kept(&session()?))
}

/// Notes that the password was verified in this session just now.
///
/// # Errors
/// Returns an infrastructure error if the session can't be stored.
pub async fn authenticated() -> Result<(), Error> {
    Ok(account::set_authenticated_at(&session()?, now()?).await?)
}

/// Returns the time of this request.
///
/// # Errors
/// Returns an internal error if the web layer provided no clock.
pub fn now() -> Result<DateTime<Utc>, InfrastructureError> {
    let clock = use_context::<Clock>().ok_or_else(|| InfrastructureError::internal("no clock"))?;
    Ok(clock.now())
}

/// Returns the browser and the system of this request, if they are recognised.
fn device() -> Option<String> {
    with_context::<Parts, _>(|parts| {
        let agent = parts.headers.get(header::USER_AGENT)?;
        device_of(agent.to_str().ok()?)
    })
    .flatten()
}

/// Logs out and deletes the session with everything in it.
///
/// # Errors
/// Returns an infrastructure error if the session can't be deleted.
pub async fn log_out() -> Result<(), Error> {
    Ok(account::log_out(&session()?).await?)
}
