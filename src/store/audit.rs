//! Writing of the audit log: a row in the transaction of the audited action, and a log line after the
//! commit.

use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, sea_query::OnConflict};

use super::{InfrastructureError, entity::audit_event};

pub use super::entity::audit_event::Model as Record;

/// Inserts records. It must be called in the transaction of the action that they record.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn write<C: ConnectionTrait>(
    connection: &C,
    records: impl IntoIterator<Item = &Record>,
) -> Result<(), InfrastructureError> {
    let rows: Vec<_> = records
        .into_iter()
        .map(|record| record.clone().into_active_model())
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    // A transaction whose outcome is unknown is repeated with the same records.
    let known = OnConflict::column(audit_event::Column::Id)
        .do_nothing()
        .to_owned();
    audit_event::Entity::insert_many(rows)
        .on_conflict(known)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Logs records under the target `audit`, so that other systems can collect them. It must be called
/// after the records were committed.
pub fn log_records<'a>(records: impl IntoIterator<Item = &'a Record>) {
    for record in records {
        let (action, outcome) = (record.action, record.outcome);
        let text = |id: Option<String>| id.unwrap_or_default();
        tracing::info!(
            target: "audit",
            id = %record.id,
            %action,
            %outcome,
            actor_id = text(record.actor_id.map(|id| id.to_string())),
            operator = record.operator.as_deref().unwrap_or_default(),
            subject_kind = record.subject_kind.map(|kind| kind.as_str()).unwrap_or_default(),
            subject_id = text(record.subject_id.map(|id| id.to_string())),
            address_hash = record.address_hash.as_deref().unwrap_or_default(),
            detail = %logged(&record.detail),
            "{action} {outcome}"
        );
    }
}

/// Returns what the log may contain of the details of an event: not the reason, which an organizer has written about
/// somebody.
fn logged(detail: &serde_json::Value) -> serde_json::Value {
    let mut detail = detail.clone();
    if let Some(detail) = detail.as_object_mut() {
        detail.remove("reason");
    }
    detail
}
