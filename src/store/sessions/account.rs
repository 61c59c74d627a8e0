//! The account that a session belongs to: the one place that logs sessions in and out.
//!
//! It works on the [`Session`] that the web layer attaches to each request, and knows nothing of
//! how sessions are stored. The REST API and the pages are both built on it.

use tower_sessions::{Session, session::Error, session_store::Error as StoreError};

use crate::{
    model::UserId,
    store::{InfrastructureError, ports::PortError},
};

/// The key in a session's data under which the id of the logged-in account is kept.
pub const ACCOUNT_KEY: &str = "user";
/// The key in a session's data under which the account's authentication epoch at log-in is kept.
pub(super) const AUTH_EPOCH_KEY: &str = "authEpoch";
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
) -> Result<bool, InfrastructureError> {
    session.cycle_id().await.map_err(into_error)?;
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
            for key in [ACCOUNT_KEY, AUTH_EPOCH_KEY] {
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
