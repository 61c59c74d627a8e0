//! The state that a scheduled task keeps from one run to the next, shared by all processes.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use serde::{Serialize, de::DeserializeOwned};

use crate::store::{
    Database, InfrastructureError,
    entity::scheduled_task_state::{ActiveModel, Column, Entity},
};

/// Reads the state of the task `name`. Returns `None` before its first run, and if another release
/// wrote the state in a shape that `T` does not have.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn read<T: DeserializeOwned>(
    database: &Database,
    name: &str,
) -> Result<Option<T>, InfrastructureError> {
    let state = read_with_time(database, name).await?;
    Ok(state.map(|(state, _)| state))
}

/// Works like [`read`], and also returns when the state was written.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn read_with_time<T: DeserializeOwned>(
    database: &Database,
    name: &str,
) -> Result<Option<(T, DateTime<Utc>)>, InfrastructureError> {
    let row = Entity::find_by_id(name).one(database.read()).await?;
    Ok(row.and_then(|row| {
        serde_json::from_value(row.state)
            .map(|state| (state, row.updated_at))
            .inspect_err(|error| tracing::warn!(task.name = name, %error, "Could not read the state of scheduled task {name}; it starts without"))
            .ok()
    }))
}

/// Writes the state of the task `name`.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn write<T: Serialize + Sync>(
    database: &Database,
    name: &str,
    state: &T,
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    let row = ActiveModel {
        name: Set(name.to_owned()),
        state: Set(serde_json::to_value(state).map_err(InfrastructureError::internal)?),
        updated_at: Set(now),
    };
    let conflict = OnConflict::column(Column::Name)
        .update_columns([Column::State, Column::UpdatedAt])
        .to_owned();
    Entity::insert(row)
        .on_conflict(conflict)
        .exec_without_returning(database.write())
        .await?;
    Ok(())
}
