//! The account that a session belongs to: the one place that logs sessions in and out.
//!
//! It works on the [`Session`] that the web layer attaches to each request, and knows nothing of
//! how sessions are stored. The REST API and the pages are both built on it.

use tower_sessions::{Session, session::Error};

use crate::{
    model::UserId,
    store::{InfrastructureError, ports::PortError},
};

/// The key in a session's data under which the id of the logged-in account is kept.
pub const ACCOUNT_KEY: &str = "user";

/// Returns the account that is logged in to this session; `None` for an anonymous session.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be loaded.
pub async fn account(session: &Session) -> Result<Option<UserId>, InfrastructureError> {
    session.get(ACCOUNT_KEY).await.map_err(into_error)
}

/// Logs an account in. The session gets a new id, so that an id which somebody planted in the
/// browser before is worth nothing (session fixation).
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be loaded or changed.
pub async fn log_in(session: &Session, account: UserId) -> Result<(), InfrastructureError> {
    session.cycle_id().await.map_err(into_error)?;
    session
        .insert(ACCOUNT_KEY, account)
        .await
        .map_err(into_error)
}

/// Logs out: deletes the session with everything in it.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the session can't be deleted.
pub async fn log_out(session: &Session) -> Result<(), InfrastructureError> {
    session.flush().await.map_err(into_error)
}

/// Tells a session store that is unavailable from an error of ours.
pub fn into_error(error: Error) -> InfrastructureError {
    match error {
        Error::Store(error) => InfrastructureError::Port(PortError::Unavailable {
            port: "sessions",
            detail: error.to_string(),
        }),
        error => InfrastructureError::internal(error),
    }
}
