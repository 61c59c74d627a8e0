//! Conditions and look-ups about check-ins, for the lists that show them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, JoinType, PaginatorTrait, QueryFilter,
    QuerySelect, RelationTrait,
    sea_query::{Expr, ExprTrait, IntoColumnRef, Query, SelectStatement, SimpleExpr},
};

use super::{
    bulk,
    entity::{
        check_in::{Column, Entity, Relation},
        registration,
    },
};
use crate::model::{CompetitionId, RegistrationId, RegistrationStatus};

/// Returns when each of these registrations was checked in, if it was.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn times<C: ConnectionTrait>(
    connection: &C,
    registrations: &[RegistrationId],
) -> Result<HashMap<RegistrationId, DateTime<Utc>>, DbErr> {
    if registrations.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = connection.get_database_backend();
    let id = (Entity, Column::RegistrationId);
    let times: Vec<(RegistrationId, DateTime<Utc>)> = Entity::find()
        .select_only()
        .columns([Column::RegistrationId, Column::At])
        .filter(bulk::among(backend, id, registrations))
        .filter(Column::UndoneAt.is_null())
        .into_tuple()
        .all(connection)
        .await?;
    Ok(times.into_iter().collect())
}

/// Counts the registrations of a competition that hold a seat and are checked in.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn count<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
) -> Result<u64, DbErr> {
    let seated = [RegistrationStatus::Pending, RegistrationStatus::Confirmed];
    Entity::find()
        .join(JoinType::InnerJoin, Relation::Registration.def())
        .filter(Column::CompetitionId.eq(competition))
        .filter(Column::UndoneAt.is_null())
        .filter(registration::Column::Status.is_in(seated))
        .count(connection)
        .await
}

/// Returns the condition that a registration, whose id is in `column`, is checked in.
#[must_use]
pub fn is_checked_in(column: impl IntoColumnRef) -> SimpleExpr {
    let mut found = Query::select();
    found
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::RegistrationId)).eq(Expr::col(column)))
        .and_where(Expr::col((Entity, Column::UndoneAt)).is_null());
    Expr::exists(found)
}

/// Returns the query of the ids of all registrations of a competition that are checked in.
#[must_use]
pub fn of_competition(competition: CompetitionId) -> SelectStatement {
    let mut ids = Query::select();
    ids.expr_as(Expr::col(Column::RegistrationId), "registration_id")
        .from(Entity)
        .and_where(Expr::col(Column::CompetitionId).eq(competition.0))
        .and_where(Expr::col(Column::UndoneAt).is_null());
    ids
}
