//! The results of registrations, for the owner of their account.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    model::{ExportedResultView, RegistrationId, StageId, format_value},
    store::{
        InfrastructureError, bulk,
        entity::{performance, stage},
    },
};

/// Returns what was recorded for registrations, in the order of the recording; `limit` results at most.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(in crate::domain) async fn of_registrations<C: ConnectionTrait>(
    connection: &C,
    registrations: &[RegistrationId],
    limit: u64,
) -> Result<HashMap<RegistrationId, Vec<ExportedResultView>>, InfrastructureError> {
    let mut results: HashMap<_, Vec<_>> = HashMap::new();
    if registrations.is_empty() {
        return Ok(results);
    }
    let backend = connection.get_database_backend();
    let registration = (performance::Entity, performance::Column::RegistrationId);
    let rows = performance::Entity::find()
        .filter(bulk::among(backend, registration, registrations))
        .order_by_desc(performance::Column::Id)
        .limit(limit)
        .all(connection)
        .await?;
    let stages: std::collections::HashSet<_> = rows.iter().map(|row| row.stage_id).collect();
    let stages: Vec<_> = stages.into_iter().collect();
    let id = (stage::Entity, stage::Column::Id);
    let stages: HashMap<StageId, stage::Model> = match stages.is_empty() {
        true => HashMap::new(),
        false => {
            let found = stage::Entity::find().filter(bulk::among(backend, id, &stages));
            let found = found.all(connection).await?.into_iter();
            found.map(|row| (row.id, row)).collect()
        }
    };
    // The newest ones, in the order of the recording.
    for row in rows.into_iter().rev() {
        let Some(stage) = stages.get(&row.stage_id) else {
            continue;
        };
        let decimals = u32::try_from(stage.decimals).unwrap_or(0);
        let value = row
            .value
            .map(|value| format_value(stage.metric, decimals, value));
        results
            .entry(row.registration_id)
            .or_default()
            .push(ExportedResultView {
                stage: stage.name.clone(),
                status: row.status,
                value: value.unwrap_or_default(),
                note: row.note,
                at: row.at,
            });
    }
    Ok(results)
}
