//! Deleting many rows without keeping anybody waiting: a bounded batch a statement.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use tokio_util::sync::CancellationToken;

use super::{Database, InfrastructureError};

/// Rows deleted by one statement.
const BATCH: u64 = 1_000;

/// Deletes the rows of `table` whose `column` is not after `now`, until the shutdown signal `stop`;
/// how many. Both names are ours, never a person's.
///
/// # Errors
/// What the database says; batches before that stand.
pub async fn delete_expired(
    database: &Database,
    table: &'static str,
    column: &'static str,
    now: DateTime<Utc>,
    stop: &CancellationToken,
) -> Result<u64, InfrastructureError> {
    let backend = database.backend();
    let sql = match backend {
        // Rows that somebody holds just now wait for the next time.
        DatabaseBackend::Postgres => format!(
            "DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} \
             WHERE {column} <= $1 LIMIT {BATCH} FOR UPDATE SKIP LOCKED))"
        ),
        _ => format!(
            "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} \
             WHERE {column} <= ? LIMIT {BATCH})"
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
        if rows < BATCH || stop.is_cancelled() {
            return Ok(deleted);
        }
    }
}
