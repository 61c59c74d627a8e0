//! Infrastructure errors: failures of the database, of Redis, or of a task.

use sea_orm::{DbErr, RuntimeErr, SqlxError};

use super::ports::PortError;

/// A failure of the infrastructure. It is logged with its detail; the response is an opaque 500, or a
/// 503 where a retry makes sense.
#[derive(Debug, thiserror::Error)]
pub enum InfrastructureError {
    /// The database reported an error or is unavailable.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// Redis, or its replacement in memory, is unavailable.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A row changed between reading and a conditional write (optimistic concurrency control).
    #[error("a row changed in between")]
    RowChanged,
    /// Another transaction held a row's lock for longer than the limit.
    #[error("a row is held by another transaction")]
    RowLocked,
    /// Stored data is malformed, or a task of the application panicked.
    #[error("internal: {0}")]
    Internal(String),
}

/// The meaning of a database error, as far as callers act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Two transactions conflicted; a retry may succeed (SQLSTATE 40001, 40P01, SQLite's BUSY family).
    Conflict,
    /// A unique constraint was violated: such a row exists.
    Duplicate,
    /// A foreign key was violated: the referenced row does not exist, or is still referenced.
    MissingReference,
    /// A row was locked for longer than the limit (SQLSTATE 55P03). A retry may succeed when the row is
    /// free.
    LockTimeout,
    /// A statement ran for longer than its limit (SQLSTATE 57014), and may do so again when repeated.
    StatementTimeout,
    /// The database cannot be reached, has no free connection, or is shutting down.
    Unavailable,
    /// Every other error: a defect of the application.
    Internal,
}

impl InfrastructureError {
    /// Creates the error of a situation that a correct program cannot reach.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// Returns what the error means to a caller.
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

/// SQLSTATEs of a prepared statement that does not exist, exists already, or returns other columns than when
/// it was prepared ("cached plan must not change result type"). A proxy in front of PostgreSQL causes the
/// first two, a migration of a newer version the third. A new connection has no such statement.
pub(super) const PREPARED_STATEMENT_LOST: [&str; 3] = ["26000", "42P05", "0A000"];

/// Classifies a driver's error. Only this function knows the error codes of both databases.
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
            // server ended a session that was idle in a transaction.
            Some(code)
                if code.starts_with("08")
                    || code.starts_with("57P0")
                    || matches!(code, "53300" | "25P03")
                    || PREPARED_STATEMENT_LOST.contains(&code) =>
            {
                ErrorKind::Unavailable
            }
            _ => ErrorKind::Internal,
        },
        _ => ErrorKind::Internal,
    }
}
