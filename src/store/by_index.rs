//! Queries outside a transaction that must find their rows by keys.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, QueryResult, Statement};

use super::Database;

/// Runs a query of which an index gives the rows, and only by that index, whatever the statistics
/// say: on PostgreSQL inside a transaction, where no table is read whole. On SQLite, whose planner
/// takes the index by itself, a transaction would keep everybody else from writing.
///
/// # Errors
/// What the database says.
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
