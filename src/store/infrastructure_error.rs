//! What goes wrong that is nobody's doing.

use sea_orm::{DbErr, RuntimeErr, SqlxError};

use super::ports::PortError;

/// Infrastructure failed. Logged with its detail; outside it is an opaque 500 or, where trying
/// again makes sense, a 503.
#[derive(Debug, thiserror::Error)]
pub enum InfrastructureError {
    /// The database refused or is away.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// Redis (or what stands in for it) is away.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A row changed between reading and a conditional write.
    #[error("a row changed in between")]
    RowChanged,
    /// Another transaction held a row for longer than it was waited for.
    #[error("a row is held by another transaction")]
    RowLocked,
    /// Stored data does not read as what it should be, or a task of ours died.
    #[error("internal: {0}")]
    Internal(String),
}

/// What the database meant by an error, as far as callers act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Two transactions were in each other's way; the same again may work (SQLSTATE 40001, 40P01,
    /// SQLite's BUSY family).
    Conflict,
    /// A row like this exists.
    Duplicate,
    /// The row it refers to does not exist, or is still referred to.
    MissingReference,
    /// A row was locked for longer than was waited for (SQLSTATE 55P03). Nobody is to blame; the same
    /// again may work when the row is free.
    LockTimeout,
    /// A statement ran for longer than its limit (SQLSTATE 57014), and may do so again.
    StatementTimeout,
    /// The database can't be reached, has no connection to spare, or is shutting down.
    Unavailable,
    /// Anything else: our mistake.
    Internal,
}

impl InfrastructureError {
    /// Something that should never be.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// What it means to a caller.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Database(error) => kind_of(error),
            Self::RowChanged => ErrorKind::Conflict,
            Self::RowLocked => ErrorKind::LockTimeout,
            Self::Port(PortError::Unavailable { .. }) => ErrorKind::Unavailable,
            Self::Internal(_) => ErrorKind::Internal,
        }
    }
}

/// Reads the driver's error. One place knows the codes of both databases.
#[must_use]
pub fn kind_of(error: &DbErr) -> ErrorKind {
    let sqlx = match error {
        DbErr::ConnectionAcquire(_) => return ErrorKind::Unavailable,
        DbErr::Conn(RuntimeErr::SqlxError(e))
        | DbErr::Exec(RuntimeErr::SqlxError(e))
        | DbErr::Query(RuntimeErr::SqlxError(e)) => e,
        DbErr::Conn(_) => return ErrorKind::Unavailable,
        _ => return ErrorKind::Internal,
    };
    match &**sqlx {
        SqlxError::Io(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_) => ErrorKind::Unavailable,
        SqlxError::Database(database) => match database.code().as_deref() {
            // SQLite's extended codes: BUSY, BUSY_RECOVERY, BUSY_SNAPSHOT, LOCKED.
            Some("40001" | "40P01" | "5" | "261" | "517" | "6") => ErrorKind::Conflict,
            Some("23505" | "1555" | "2067") => ErrorKind::Duplicate,
            Some("23503" | "787") => ErrorKind::MissingReference,
            Some("55P03") => ErrorKind::LockTimeout,
            Some("57014") => ErrorKind::StatementTimeout,
            // Class 08: connection; 57P0x: shut down; 53300: too many connections; 25P03: the
            // server ended a session that stood idle in a transaction.
            Some(code)
                if code.starts_with("08")
                    || code.starts_with("57P0")
                    || matches!(code, "53300" | "25P03") =>
            {
                ErrorKind::Unavailable
            }
            _ => ErrorKind::Internal,
        },
        _ => ErrorKind::Internal,
    }
}
