//! A lock on what belongs to a competition and moves no seat.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};

use super::Transaction;
use crate::model::CompetitionId;

/// Makes other transactions that take the lock of the competition wait until the end of this one. Registrations do not
/// take it. On SQLite, writers wait for each other anyway.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable, or the lock is not free in time.
pub async fn of_competition(
    transaction: &Transaction,
    competition: CompetitionId,
) -> Result<(), DbErr> {
    if transaction.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    // Two competitions whose ids have the same half would merely wait for each other.
    let (_, low) = competition.0.as_u64_pair();
    let key = i64::from_ne_bytes(low.to_ne_bytes());
    let sql = "SELECT pg_advisory_xact_lock($1)";
    let statement = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, [key.into()]);
    transaction.execute_raw(statement).await?;
    Ok(())
}
