//! Writing phases that begin by themselves to the tables from which lists are read.
//!
//! A list is right without it, since its conditions compare the times too. But rows whose phase is late are
//! read by another branch of the statement, so their number should stay small. The numbers of upcoming
//! competitions for each tag follow the phases too, and are up to a minute late.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Statement, Value, sea_query::ArrayType};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::listing::LATE_ROWS;
use crate::{
    jobs::scheduler::{RunOutcome, ScheduledTask},
    store::{Database, InfrastructureError},
};

/// The number of competitions that one transaction changes.
const CHUNK_SIZE: usize = 500;

/// The scheduled task that writes the phases of competitions that were closed, have started or have ended.
#[derive(Debug, Clone)]
pub struct PhaseUpdates {
    database: Database,
}

impl PhaseUpdates {
    /// The name of the scheduled task.
    pub const TASK_NAME: &str = "listing-phases";

    /// Creates the task over a database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Writes the phases of late rows, up to [`CHUNK_SIZE`]. Returns how many were late.
    async fn update_chunk(&self, now: DateTime<Utc>) -> Result<usize, InfrastructureError> {
        let backend = self.database.backend();
        let late = format!("SELECT id FROM ({LATE_ROWS}) AS late LIMIT {CHUNK_SIZE}");
        let late = Statement::from_sql_and_values(backend, late, [now.into()]);
        let rows = self.database.read().query_all_raw(late).await?;
        let ids: Vec<Uuid> = rows
            .iter()
            .map(|row| row.try_get_by_index(0))
            .collect::<Result<_, _>>()?;
        if ids.is_empty() {
            return Ok(0);
        }
        let transaction = self.database.begin().await?;
        for (table, column) in [
            ("competition_listings", "id"),
            ("competition_terms", "competition_id"),
        ] {
            let (among, values) = among(backend, &ids);
            // An edit may have changed the row since it was read.
            let sql = format!(
                "UPDATE {table} SET phase = CASE WHEN ends_at < $1 THEN 6 WHEN starts_at <= $1 THEN 5 ELSE 4 END \
                 WHERE {column} {among} AND phase <= 5 AND reg_deadline <= $1"
            );
            let values = std::iter::once(now.into()).chain(values);
            let update = Statement::from_sql_and_values(backend, sql, values);
            transaction.execute_raw(update).await?;
        }
        transaction.commit().await?;
        Ok(ids.len())
    }
}

/// Returns the end of the condition that a column has one of the ids, and the parameters after the first.
fn among(backend: sea_orm::DatabaseBackend, ids: &[Uuid]) -> (String, Vec<Value>) {
    let values = ids.iter().map(|id| Value::from(*id));
    if backend == sea_orm::DatabaseBackend::Postgres {
        let array = Value::Array(ArrayType::Uuid, Some(Box::new(values.collect())));
        return ("= ANY ($2)".to_owned(), vec![array]);
    }
    let placeholders: Vec<_> = (2..ids.len() + 2)
        .map(|number| format!("${number}"))
        .collect();
    (
        format!("IN ({})", placeholders.join(", ")),
        values.collect(),
    )
}

#[async_trait]
impl ScheduledTask for PhaseUpdates {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        while self.update_chunk(now).await? == CHUNK_SIZE {
            if stop.is_cancelled() {
                break;
            }
        }
        Ok(RunOutcome::unless_stopped(stop))
    }
}
