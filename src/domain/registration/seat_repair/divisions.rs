//! The repair of the counters of divisions.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    model::{CompetitionId, DivisionId, RegistrationStatus},
    store::{
        InfrastructureError, Transaction,
        entity::{
            division::{Column, Entity},
            registration,
        },
    },
};

/// The right counters of a division.
#[derive(Debug, Clone, Copy)]
pub(super) struct DivisionCorrection {
    pub(super) id: DivisionId,
    pub(super) taken: i32,
    waitlisted: i32,
}

/// Counts the registrations in each division of a competition whose row is locked. Returns the divisions whose counters
/// are wrong, or `None` if they can't be corrected.
pub(super) async fn corrections(
    transaction: &Transaction,
    competition: CompetitionId,
) -> Result<Option<Vec<DivisionCorrection>>, InfrastructureError> {
    let counts: Vec<(Option<DivisionId>, RegistrationStatus, i64)> = registration::Entity::find()
        .select_only()
        .columns([
            registration::Column::DivisionId,
            registration::Column::Status,
        ])
        .column_as(Expr::col(registration::Column::Id).count(), "count")
        .filter(registration::Column::CompetitionId.eq(competition))
        .filter(registration::is_live())
        .group_by(registration::Column::DivisionId)
        .group_by(registration::Column::Status)
        .into_tuple()
        .all(transaction)
        .await?;
    let mut counted: HashMap<Option<DivisionId>, (i32, i32)> = HashMap::new();
    for (division, status, count) in counts {
        let (taken, waitlisted) = counted.entry(division).or_default();
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        match status {
            RegistrationStatus::Waitlisted => *waitlisted += count,
            _ => *taken += count,
        }
    }
    let rows = Entity::find()
        .filter(Column::CompetitionId.eq(competition))
        .filter(Column::RemovedAt.is_null())
        .all(transaction)
        .await?;
    let mut wrong = Vec::new();
    for row in rows {
        let (taken, waitlisted) = counted.remove(&Some(row.id)).unwrap_or_default();
        if row.capacity.is_some_and(|capacity| taken > capacity) {
            return Ok(None);
        }
        if (taken, waitlisted) != (row.taken, row.waitlisted) {
            wrong.push(DivisionCorrection {
                id: row.id,
                taken,
                waitlisted,
            });
        }
    }
    // What is left over is in no division, or in one that was removed.
    Ok(counted.is_empty().then_some(wrong))
}

/// Writes the right counters of divisions.
pub(super) async fn write(
    transaction: &Transaction,
    corrections: &[DivisionCorrection],
) -> Result<(), InfrastructureError> {
    for right in corrections {
        Entity::update_many()
            .col_expr(Column::Taken, Expr::value(right.taken))
            .col_expr(
                Column::SeatsLeft,
                Expr::col(Column::Capacity).sub(right.taken),
            )
            .col_expr(Column::Waitlisted, Expr::value(right.waitlisted))
            .filter(Column::Id.eq(right.id))
            .exec(transaction)
            .await?;
    }
    Ok(())
}
