//! Look-ups of start numbers, for the lists that show them.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};

use super::{
    bulk,
    entity::start_number::{Column, Entity},
};
use crate::model::{CompetitionId, RegistrationId};

/// Returns the start number of each of these registrations that has one.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn numbers<C: ConnectionTrait>(
    connection: &C,
    registrations: &[RegistrationId],
) -> Result<HashMap<RegistrationId, u32>, DbErr> {
    if registrations.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = connection.get_database_backend();
    let id = (Entity, Column::RegistrationId);
    let numbers: Vec<(RegistrationId, i32)> = Entity::find()
        .select_only()
        .columns([Column::RegistrationId, Column::Number])
        .filter(bulk::among(backend, id, registrations))
        .into_tuple()
        .all(connection)
        .await?;
    let number = |(id, number)| Some((id, u32::try_from(number).ok()?));
    Ok(numbers.into_iter().filter_map(number).collect())
}

/// Returns the registrations of a competition that have these start numbers.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn registrations_with<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
    numbers: impl IntoIterator<Item = u32>,
) -> Result<HashMap<u32, RegistrationId>, DbErr> {
    let numbers = numbers.into_iter().filter_map(|it| i32::try_from(it).ok());
    let found: Vec<(i32, RegistrationId)> = Entity::find()
        .select_only()
        .columns([Column::Number, Column::RegistrationId])
        .filter(Column::CompetitionId.eq(competition))
        .filter(Column::Number.is_in(numbers))
        .into_tuple()
        .all(connection)
        .await?;
    let number = |(number, id)| Some((u32::try_from(number).ok()?, id));
    Ok(found.into_iter().filter_map(number).collect())
}

/// Returns whether anybody of a competition has a start number.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn any<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
) -> Result<bool, DbErr> {
    let of_competition = Entity::find().filter(Column::CompetitionId.eq(competition));
    Ok(of_competition.limit(1).count(connection).await? > 0)
}
