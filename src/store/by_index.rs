//! Queries outside a transaction that must use an index.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, QueryResult, Statement};

use super::Database;

/// Runs a query for which an index exists so that the planner uses it, whatever the statistics say. On
/// PostgreSQL it runs in a transaction, in which sequential scans are disabled. On SQLite, whose planner
/// uses the index anyway, a transaction would block all writers.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable or the query fails.
pub async fn query_all(
    database: &Database,
    statement: Statement,
) -> Result<Vec<QueryResult>, DbErr> {
    match database.backend() {
        DatabaseBackend::Postgres => {
            let transaction = database.begin().await?;
            let rows = transaction.query_all_raw(statement).await?;
            transaction.commit().await?;
            Ok(rows)
        }
        _ => database.read().query_all_raw(statement).await,
    }
}
