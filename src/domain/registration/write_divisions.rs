//! Writes the divisions that plans change. A plan of a competition without divisions changes none, and nothing is
//! written for it.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait, Query},
};

use super::decide::Plan;
use crate::{
    model::CompetitionId,
    store::{
        InfrastructureError, Transaction, Writes,
        bulk::{self, Cells},
        entity::{
            code,
            division::{Column, Entity},
            registration,
        },
    },
};

/// Inserts and edits divisions, before registrations refer to them.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn write_edited_divisions(
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    for (competition, plan) in plans.iter().filter(|(_, plan)| plan.changes_divisions) {
        for division in &plan.divisions.added {
            Entity::insert(division.clone().into_row(*competition, now))
                .exec_without_returning(transaction)
                .await?;
        }
        for division in &plan.divisions.edited {
            Entity::update_many()
                .col_expr(Column::Name, Expr::value(division.name.clone()))
                .col_expr(Column::Capacity, Expr::value(division.capacity))
                .col_expr(Column::SeatsLeft, Expr::value(division.seats_left()))
                .col_expr(Column::Taken, Expr::value(division.taken))
                .col_expr(Column::Waitlisted, Expr::value(division.waitlisted))
                .col_expr(Column::SeatsReserved, Expr::value(division.reserved))
                .col_expr(Column::AgeMin, Expr::value(division.age_min))
                .col_expr(Column::AgeMax, Expr::value(division.age_max))
                .col_expr(Column::StartsAt, Expr::value(division.starts_at))
                .col_expr(Column::NumberFrom, Expr::value(division.number_from))
                .col_expr(Column::NumberTo, Expr::value(division.number_to))
                .filter(Column::Id.eq(division.id))
                .exec(transaction)
                .await?;
        }
    }
    Ok(())
}

/// Adds the counters of the divisions whose registrations change.
pub(super) fn add_division_counters(
    writes: &mut Writes,
    backend: DatabaseBackend,
    plans: &[(CompetitionId, Plan)],
) {
    let counted = || plans.iter().flat_map(|(_, plan)| &plan.divisions.counted);
    if counted().next().is_none() {
        return;
    }
    if backend == DatabaseBackend::Postgres {
        let columns = vec![
            ("id", Cells::Uuid(counted().map(|one| one.id.0).collect())),
            (
                "taken",
                Cells::Int(counted().map(|one| one.taken).collect()),
            ),
            (
                "waitlisted",
                Cells::Int(counted().map(|one| one.waitlisted).collect()),
            ),
            (
                "reserved",
                Cells::Int(counted().map(|one| one.reserved).collect()),
            ),
        ];
        let sql = "UPDATE divisions AS d SET taken = r.taken, seats_left = d.capacity - r.taken, \
                   waitlisted = r.waitlisted, seats_reserved = r.reserved FROM {rows} WHERE d.id = r.id";
        writes.push(bulk::with_rows(sql, columns));
        return;
    }
    for division in counted() {
        let update = Entity::update_many()
            .col_expr(Column::Taken, Expr::value(division.taken))
            .col_expr(Column::SeatsLeft, Expr::value(division.seats_left()))
            .col_expr(Column::Waitlisted, Expr::value(division.waitlisted))
            .col_expr(Column::SeatsReserved, Expr::value(division.reserved))
            .filter(Column::Id.eq(division.id));
        writes.push(update.build(backend));
    }
}

/// Removes divisions. The row of one to which cancelled registrations or codes refer is kept, with its name.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn remove_divisions(
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    for division in plans.iter().flat_map(|(_, plan)| &plan.divisions.removed) {
        let is_referred_to = Query::select()
            .expr(Expr::val(1))
            .from(registration::Entity)
            .and_where(registration::Column::DivisionId.into_expr().eq(division.id))
            .to_owned();
        let has_codes = Query::select()
            .expr(Expr::val(1))
            .from(code::Entity)
            .and_where(code::Column::DivisionId.into_expr().eq(division.id))
            .to_owned();
        let deleted = Entity::delete_many()
            .filter(Column::Id.eq(division.id))
            .filter(Expr::exists(is_referred_to).not())
            .filter(Expr::exists(has_codes).not())
            .exec(transaction)
            .await?;
        if deleted.rows_affected == 0 {
            Entity::update_many()
                .col_expr(Column::RemovedAt, Expr::value(now))
                .filter(Column::Id.eq(division.id))
                .exec(transaction)
                .await?;
        }
    }
    Ok(())
}
