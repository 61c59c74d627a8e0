//! Deletion of many rows in bounded chunks, so that no other statement waits for long.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use tokio_util::sync::CancellationToken;

use super::{Database, InfrastructureError};

/// The number of rows that one statement deletes.
const CHUNK: u64 = 1_000;

/// Deletes the rows of `table` whose `column` is not after `now`, or a part of them if the shutdown
/// signal `stop` comes. Returns the number of deleted rows. `table` and `column` become part of the SQL
/// and must be constants.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable; chunks that were deleted before
/// stay deleted.
pub async fn delete_expired(
    database: &Database,
    table: &'static str,
    column: &'static str,
    now: DateTime<Utc>,
    stop: &CancellationToken,
) -> Result<u64, InfrastructureError> {
    let backend = database.backend();
    let sql = match backend {
        // Rows that another transaction holds are left to the next run.
        DatabaseBackend::Postgres => format!(
            "DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} \
             WHERE {column} <= $1 LIMIT {CHUNK} FOR UPDATE SKIP LOCKED))"
        ),
        _ => format!(
            "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} \
             WHERE {column} <= ? LIMIT {CHUNK})"
        ),
    };
    let mut deleted = 0;
    loop {
        let statement = Statement::from_sql_and_values(backend, &sql, [now.into()]);
        let rows = database
            .write()
            .execute_raw(statement)
            .await?
            .rows_affected();
        deleted += rows;
        if rows < CHUNK || stop.is_cancelled() {
            return Ok(deleted);
        }
    }
}
