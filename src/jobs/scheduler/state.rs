//! What a scheduled task remembers from one run to the next, shared by all processes.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use serde::{Serialize, de::DeserializeOwned};

use crate::store::{
    Database, InfrastructureError,
    entity::chore_state::{ActiveModel, Column, Entity},
};

/// Reads what the task `name` remembers; `None` before its first run, and where another release
/// wrote it in a shape that does not read as `T`.
///
/// # Errors
/// What the database says.
pub async fn read<T: DeserializeOwned>(
    database: &Database,
    name: &str,
) -> Result<Option<T>, InfrastructureError> {
    let row = Entity::find_by_id(name).one(database.read()).await?;
    Ok(row.and_then(|row| {
        serde_json::from_value(row.state)
            .inspect_err(|error| tracing::warn!(chore = name, %error, "its state is begun anew"))
            .ok()
    }))
}

/// Writes it.
///
/// # Errors
/// What the database says.
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
