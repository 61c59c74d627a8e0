//! The account that a session belongs to: the one place that logs sessions in and out.
//!
//! It works on the [`Session`] that the web layer attaches to each request, and knows nothing of
//! how sessions are stored. The REST API and the pages are both built on it.

use chrono::{DateTime, Utc};
use tower_sessions::{Session, session::Error, session_store::Error as StoreError};

use super::stored_name::name;
use crate::{
    model::UserId,
    store::{InfrastructureError, ports::PortError, sign_out::KeptLogIn},
};

/// The key in a session's data under which the id of the logged-in account is kept.
pub const ACCOUNT_KEY: &str = "user";
/// The key in a session's data under which the account's authentication epoch at log-in is kept.
pub(super) const AUTH_EPOCH_KEY: &str = "authEpoch";
/// The key for the time of the log-in, in seconds since 1970.
const LOGGED_IN_KEY: &str = "loggedInAt";
/// The key for the time at which the password was last verified, in seconds since 1970.
const AUTHENTICATED_KEY: &str = "authenticatedAt";
/// The key for the browser and the system of the log-in.
pub(super) const DEVICE_KEY: &str = "device";
/// The key for the day of the last visit, as days since 1970.
pub const LAST_VISIT_KEY: &str = "seen";
/// The detail of the store's error for a session whose account has another authentication epoch by
/// now. The store's trait has no kind of error for that.
pub(super) const OUTDATED: &str = "the account changed since the log-in was verified";

/// Returns the account that is logged in to this session; `None` for an anonymous session.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be loaded.
pub async fn account(session: &Session) -> Result<Option<UserId>, InfrastructureError> {
    session.get(ACCOUNT_KEY).await.map_err(into_error)
}

/// Returns the authentication epoch that the account had when it logged in to this session. Sessions from
/// before there were epochs are of the first one.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be loaded.
pub async fn auth_epoch(session: &Session) -> Result<i64, InfrastructureError> {
    let epoch = session.get(AUTH_EPOCH_KEY).await.map_err(into_error)?;
    Ok(epoch.unwrap_or(0))
}

/// A log-in of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserLogIn {
    /// When the password was verified.
    pub at: DateTime<Utc>,
    /// The browser and the system, if they were recognised.
    pub device: Option<String>,
}

/// Returns when the account logged in to this session; `None` for a session of an earlier release.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be loaded.
pub async fn logged_in_at(session: &Session) -> Result<Option<DateTime<Utc>>, InfrastructureError> {
    time(session, LOGGED_IN_KEY).await
}

/// Notes when the account logged in.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be loaded.
pub async fn set_logged_in_at(
    session: &Session,
    at: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    let seconds = at.timestamp();
    session
        .insert(LOGGED_IN_KEY, seconds)
        .await
        .map_err(into_error)
}

/// Returns when the password was last verified in this session.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be loaded.
pub async fn authenticated_at(
    session: &Session,
) -> Result<Option<DateTime<Utc>>, InfrastructureError> {
    time(session, AUTHENTICATED_KEY).await
}

/// Notes that the password was verified in this session.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be loaded.
pub async fn set_authenticated_at(
    session: &Session,
    at: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    let seconds = at.timestamp();
    session
        .insert(AUTHENTICATED_KEY, seconds)
        .await
        .map_err(into_error)
}

async fn time(session: &Session, key: &str) -> Result<Option<DateTime<Utc>>, InfrastructureError> {
    let seconds: Option<i64> = session.get(key).await.map_err(into_error)?;
    Ok(seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
}

/// Notes the account's present authentication epoch in a session that outlived a change of it.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be loaded.
pub async fn set_auth_epoch(session: &Session, epoch: i64) -> Result<(), InfrastructureError> {
    session
        .insert(AUTH_EPOCH_KEY, epoch)
        .await
        .map_err(into_error)
}

/// Returns the log-in of this session as one that a sign-out keeps.
#[must_use]
pub fn kept(session: &Session) -> KeptLogIn {
    match session.id() {
        Some(id) => KeptLogIn::Session(name(&id)),
        None => KeptLogIn::None,
    }
}

/// Logs an account in, if it still has the authentication epoch that it had when the log-in was
/// verified, and stores the session. Returns whether it did; otherwise the session stays anonymous.
///
/// The session gets a new id, so that an id which was planted in the browser before is worth nothing
/// (session fixation).
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be loaded or stored.
pub async fn log_in(
    session: &Session,
    account: UserId,
    auth_epoch: i64,
    log_in: BrowserLogIn,
) -> Result<bool, InfrastructureError> {
    session.cycle_id().await.map_err(into_error)?;
    set_logged_in_at(session, log_in.at).await?;
    set_authenticated_at(session, log_in.at).await?;
    if let Some(device) = log_in.device {
        session
            .insert(DEVICE_KEY, device)
            .await
            .map_err(into_error)?;
    }
    session
        .insert(ACCOUNT_KEY, account)
        .await
        .map_err(into_error)?;
    session
        .insert(AUTH_EPOCH_KEY, auth_epoch)
        .await
        .map_err(into_error)?;
    match session.save().await {
        Ok(()) => Ok(true),
        Err(Error::Store(StoreError::Backend(detail))) if detail == OUTDATED => {
            // The web layer stores the session again after the response, then without the account.
            for key in [
                ACCOUNT_KEY,
                AUTH_EPOCH_KEY,
                LOGGED_IN_KEY,
                AUTHENTICATED_KEY,
                DEVICE_KEY,
            ] {
                session.remove_value(key).await.map_err(into_error)?;
            }
            Ok(false)
        }
        Err(error) => Err(into_error(error)),
    }
}

/// Logs out: deletes the session with everything in it.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be deleted.
pub async fn log_out(session: &Session) -> Result<(), InfrastructureError> {
    session.flush().await.map_err(into_error)
}

/// Converts an error of the session layer: a failure of the store means that the sessions are unavailable.
pub fn into_error(error: Error) -> InfrastructureError {
    match error {
        Error::Store(error) => InfrastructureError::Port(PortError::Unavailable {
            port: "sessions",
            detail: error.to_string(),
        }),
        error => InfrastructureError::internal(error),
    }
}
