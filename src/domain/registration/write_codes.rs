//! Writes the codes that plans change. A plan of a competition without codes changes none, and nothing is written for it.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryTrait, UpdateMany, sea_query::Expr,
};

use super::{code_state::CodeState, decide::Plan};
use crate::{
    model::CompetitionId,
    store::{
        InfrastructureError, Transaction, Writes,
        bulk::{self, Cells},
        entity::code::{Column, Entity},
    },
};

/// The number of codes that one statement inserts.
const CHUNK_SIZE: usize = 500;

/// Inserts and edits codes, before registrations refer to them.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn write_edited_codes(
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    for (competition, plan) in plans {
        // The text of a code that is deleted may be that of a new one.
        for code in &plan.codes.edited {
            set_uses(code)
                .col_expr(Column::Label, Expr::value(code.label.clone()))
                .col_expr(Column::MaxUses, Expr::value(code.max_uses))
                .col_expr(Column::Email, Expr::value(code.email.clone()))
                .col_expr(Column::ExpiresAt, Expr::value(code.expires_at))
                .col_expr(Column::ReleasedAt, Expr::value(code.released_at))
                .col_expr(Column::RemovedAt, Expr::value(code.removed_at))
                .exec(transaction)
                .await?;
        }
        for added in plan.codes.added.chunks(CHUNK_SIZE) {
            let rows = added.iter().cloned();
            Entity::insert_many(rows.map(|code| code.into_row(*competition, now)))
                .exec_without_returning(transaction)
                .await?;
        }
    }
    Ok(())
}

/// Adds the uses of the codes of which nothing else changes.
pub(super) fn add_code_counters(
    writes: &mut Writes,
    backend: DatabaseBackend,
    plans: &[(CompetitionId, Plan)],
) {
    let counted = || plans.iter().flat_map(|(_, plan)| &plan.codes.counted);
    if counted().next().is_none() {
        return;
    }
    if backend == DatabaseBackend::Postgres {
        let columns = vec![
            ("id", Cells::Uuid(counted().map(|one| one.id.0).collect())),
            ("uses", Cells::Int(counted().map(|one| one.uses).collect())),
        ];
        let sql = "UPDATE codes AS c SET uses = r.uses FROM {rows} WHERE c.id = r.id";
        writes.push(bulk::with_rows(sql, columns));
        return;
    }
    for code in counted() {
        writes.push(set_uses(code).build(backend));
    }
}

fn set_uses(code: &CodeState) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::Uses, Expr::value(code.uses))
        .filter(Column::Id.eq(code.id))
}
