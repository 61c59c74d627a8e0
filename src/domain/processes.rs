//! The processes of the installation: each writes a heartbeat into the database, so that administrators see which
//! versions run where, and which process has stopped without saying so.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    model::{ProcessPart, ProcessView},
    ops::Clock,
    store::{
        Database, InfrastructureError,
        entity::process::{ActiveModel, Column, Entity, Model},
    },
};

/// How often a process writes a heartbeat.
const PERIOD: Duration = Duration::from_secs(10);
/// How old the last heartbeat of a process that lives can be.
const ALIVE: TimeDelta = TimeDelta::seconds(30);
/// How long the last heartbeat of a process is shown, in hours; then its row is deleted.
pub const SHOWN_HOURS: i64 = 1;
/// The number of processes that are shown.
const LISTED: u64 = 200;

/// This process, as it is shown to administrators.
#[derive(Debug, Clone)]
pub struct OwnProcess {
    id: Uuid,
    name: String,
    parts: Vec<ProcessPart>,
    started_at: DateTime<Utc>,
}

impl OwnProcess {
    /// Creates the description of a process that starts at `now`.
    #[must_use]
    pub fn new(name: String, parts: Vec<ProcessPart>, now: DateTime<Utc>) -> Self {
        Self {
            id: Uuid::now_v7(),
            name,
            parts,
            started_at: now,
        }
    }
}

/// Writes and reads the heartbeats of processes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Processes {
    database: Database,
    clock: Clock,
}

impl Processes {
    /// Creates the service over a database.
    #[must_use]
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock }
    }

    /// Writes heartbeats until the shutdown signal, and then says that the process has ended.
    pub async fn run(self, own: OwnProcess, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.beat(&own).await {
                tracing::debug!(%error, "Could not write the heartbeat of this process; it is tried again");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
        if let Err(error) = self.end(&own).await {
            tracing::debug!(%error, "Could not delete the heartbeat of this process; it is deleted in an hour");
        }
    }

    /// Writes a heartbeat.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub async fn beat(&self, own: &OwnProcess) -> Result<(), InfrastructureError> {
        let parts = serde_json::to_value(&own.parts).map_err(InfrastructureError::internal)?;
        let row = ActiveModel {
            id: Set(own.id),
            name: Set(own.name.clone()),
            version: Set(env!("CARGO_PKG_VERSION").to_owned()),
            parts: Set(parts),
            started_at: Set(own.started_at),
            seen_at: Set(self.clock.now()),
        };
        let known = OnConflict::column(Column::Id)
            .update_column(Column::SeenAt)
            .to_owned();
        Entity::insert(row)
            .on_conflict(known)
            .exec_without_returning(self.database.write())
            .await?;
        Ok(())
    }

    async fn end(&self, own: &OwnProcess) -> Result<(), InfrastructureError> {
        let row = Entity::delete_by_id(own.id);
        row.exec(self.database.write()).await?;
        Ok(())
    }

    /// Returns the processes that have sent a heartbeat within the last hour, the newest first.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub(super) async fn list(&self) -> Result<Vec<ProcessView>, InfrastructureError> {
        let now = self.clock.now();
        let rows = Entity::find()
            .filter(Column::SeenAt.gt(now - TimeDelta::hours(SHOWN_HOURS)))
            .order_by_desc(Column::StartedAt)
            .order_by_desc(Column::Id)
            .limit(LISTED)
            .all(self.database.read())
            .await?;
        Ok(rows.into_iter().map(|row| view(row, now)).collect())
    }
}

fn view(row: Model, now: DateTime<Utc>) -> ProcessView {
    // A part that a newer release has is left out.
    let parts = row.parts.as_array().into_iter().flatten();
    let parts = parts.filter_map(|part| part.as_str()?.parse().ok());
    ProcessView {
        id: row.id,
        name: row.name,
        version: row.version,
        parts: parts.collect(),
        started_at: row.started_at,
        seen_at: row.seen_at,
        alive: now - row.seen_at < ALIVE,
    }
}
