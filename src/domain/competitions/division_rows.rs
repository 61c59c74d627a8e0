//! The rows of a competition's divisions, for its view and for a new competition.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    domain::registration::DivisionState,
    model::{CompetitionId, DivisionId, DivisionView, forms::DivisionInput},
    store::{InfrastructureError, entity::division},
};

/// Returns the divisions of a competition in their order.
pub(super) async fn read<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
) -> Result<Vec<DivisionView>, InfrastructureError> {
    let rows = division::Entity::find()
        .filter(division::Column::CompetitionId.eq(competition))
        .filter(division::Column::RemovedAt.is_null())
        .order_by_asc(division::Column::Position)
        .order_by_asc(division::Column::Id)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(view_of).collect())
}

/// Inserts the divisions of a new competition, in their order.
pub(super) async fn insert<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
    divisions: Vec<DivisionInput>,
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    for (position, input) in (0..).zip(divisions) {
        let new = DivisionState::new(DivisionId::new(), position, &input);
        division::Entity::insert(new.into_row(competition, now))
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Returns the view of a division's row.
pub(super) fn view_of(row: division::Model) -> DivisionView {
    let number = |value: i32| u32::try_from(value).unwrap_or(0);
    DivisionView {
        id: row.id,
        name: row.name,
        capacity: row.capacity.map(number),
        seats_left: row.seats_left.map(|left| number(left - row.seats_reserved)),
        taken: number(row.taken),
        waitlisted: number(row.waitlisted),
        age_min: row.age_min.map(number),
        age_max: row.age_max.map(number),
        starts_at: row.starts_at,
        number_from: row.number_from.map(number),
        number_to: row.number_to.map(number),
    }
}
