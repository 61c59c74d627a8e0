//! One server: how connections to it are opened, and which of them may still be used.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use sea_orm::{
    DbErr, RuntimeErr, SqlxError,
    sqlx::{
        AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, postgres::PgConnectOptions,
    },
};

use crate::store::database::time_limits::TimeLimits;

/// The time limit for rolling back and returning a connection; after that it is closed.
pub(super) const RETURN_TIMEOUT: Duration = Duration::from_secs(2);

/// Makes the server detect clients that disappear. Each value is set only where the server knows the
/// parameter (`client_connection_check_interval` exists since version 14).
const DETECT_LOST_CLIENTS: &str = "SELECT set_config(parameter.name, parameter.value, false) \
    FROM (VALUES ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '3'), \
    ('tcp_keepalives_count', '3'), ('tcp_user_timeout', '15000'), \
    ('client_connection_check_interval', '2000')) AS parameter (name, value) \
    JOIN pg_settings USING (name)";

/// The state that all connections to one server share.
#[derive(Debug)]
pub(in crate::store::database) struct PostgresServer {
    started: Instant,
    /// Microseconds after `started`: connections opened before are not used any more.
    distrusted_before: AtomicU64,
}

impl PostgresServer {
    pub(in crate::store::database) fn new() -> Self {
        Self {
            started: Instant::now(),
            distrusted_before: AtomicU64::new(0),
        }
    }

    /// Marks all open connections as unusable.
    pub(super) fn distrust_open_connections(&self) {
        self.distrusted_before
            .fetch_max(self.micros(Instant::now()), Relaxed);
    }

    /// Returns whether a connection of this age may still be used.
    pub(super) fn trusts_connection_of_age(&self, age: Duration) -> bool {
        let made = Instant::now().checked_sub(age);
        made.is_some_and(|made| self.micros(made) >= self.distrusted_before.load(Relaxed))
    }

    fn micros(&self, moment: Instant) -> u64 {
        let since = moment.saturating_duration_since(self.started);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

/// Opens a connection whose session keeps within `limits`.
pub(super) async fn connect(
    options: &PgConnectOptions,
    limits: TimeLimits,
) -> Result<PgConnection, SqlxError> {
    let mut connection = options.connect().await?;
    prepare(&mut connection, limits).await?;
    Ok(connection)
}

/// Sets the limits of a session.
pub(super) async fn prepare(
    connection: &mut PgConnection,
    limits: TimeLimits,
) -> Result<(), SqlxError> {
    // Statements and not startup parameters, which PgBouncer rejects.
    let settings = AssertSqlSafe(limits.settings("SET"));
    connection.execute(settings).await?;
    if let Err(error) = connection.execute(DETECT_LOST_CLIENTS).await {
        tracing::debug!(%error, "PostgreSQL cannot check during a statement whether its client is connected");
    }
    Ok(())
}

/// Returns the error of a connection that could not be opened.
pub(in crate::store::database) fn connection_error(error: SqlxError) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}
