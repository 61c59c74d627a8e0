//! The repair of the counters of codes.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::divisions::DivisionCorrection;
use crate::{
    domain::registration::CodeState,
    model::{CodeId, CompetitionId, DivisionId},
    store::{
        InfrastructureError, Transaction,
        entity::{
            code::{Column, Entity},
            competition, division, registration,
        },
    },
};

/// What is wrong about the codes of a competition, as it should be.
#[derive(Debug, Default)]
pub(super) struct CodeCorrections {
    /// The codes whose uses are wrong, with their uses and the most that they may have.
    uses: Vec<(CodeId, i32, i32)>,
    /// The number of codes, if it is wrong.
    count: Option<i32>,
    /// The number of seats of the competition that are set aside, if it is wrong.
    pub(super) reserved: Option<i32>,
    /// The number of seats that are set aside in each division that has any.
    of_divisions: Vec<(DivisionId, i32)>,
    /// Whether that number is wrong in a division.
    wrong_divisions: bool,
}

impl CodeCorrections {
    pub(super) const fn is_empty(&self) -> bool {
        self.uses.is_empty()
            && self.count.is_none()
            && self.reserved.is_none()
            && !self.wrong_divisions
    }

    /// Returns the codes whose uses are wrong.
    pub(super) fn ids(&self) -> Vec<CodeId> {
        self.uses.iter().map(|(id, ..)| *id).collect()
    }
}

/// Counts the registrations that use each code of a competition whose row is locked, and compares them with the counters. A
/// code with more registrations than it may have may have so many from then on. Returns `None` if more seats are set aside in a
/// division than it has left, once its counters are `right_divisions`.
pub(super) async fn corrections(
    transaction: &Transaction,
    competition: CompetitionId,
    (count, reserved): (i32, i32),
    right_divisions: &[DivisionCorrection],
) -> Result<Option<CodeCorrections>, InfrastructureError> {
    let counts: Vec<(CodeId, i64)> = registration::Entity::find()
        .select_only()
        .column(registration::Column::CodeId)
        .column_as(Expr::col(registration::Column::Id).count(), "count")
        .filter(registration::Column::CompetitionId.eq(competition))
        .filter(registration::Column::CodeId.is_not_null())
        .filter(registration::is_live())
        .group_by(registration::Column::CodeId)
        .into_tuple()
        .all(transaction)
        .await?;
    let counts: HashMap<CodeId, i64> = counts.into_iter().collect();
    let rows = Entity::find()
        .filter(Column::CompetitionId.eq(competition))
        .all(transaction)
        .await?;
    let mut right = CodeCorrections::default();
    let (mut codes, mut seats) = (0, 0);
    let mut of_divisions: HashMap<DivisionId, i32> = HashMap::new();
    for row in rows {
        let mut code = CodeState::from(row);
        let uses = counts.get(&code.id).copied().unwrap_or(0);
        let uses = i32::try_from(uses).unwrap_or(i32::MAX);
        code.max_uses = Ord::max(code.max_uses, uses);
        if uses != code.uses {
            right.uses.push((code.id, uses, code.max_uses));
        }
        code.uses = uses;
        codes += i32::from(code.removed_at.is_none());
        seats += code.set_aside();
        if let Some(division) = code.division {
            *of_divisions.entry(division).or_default() += code.set_aside();
        }
    }
    right.count = (codes != count).then_some(codes);
    right.reserved = (seats != reserved).then_some(seats);
    let divisions = division::Entity::find()
        .filter(division::Column::CompetitionId.eq(competition))
        .filter(division::Column::RemovedAt.is_null())
        .all(transaction)
        .await?;
    for row in divisions {
        let should = of_divisions.get(&row.id).copied().unwrap_or(0);
        let corrected = right_divisions.iter().find(|right| right.id == row.id);
        let taken = corrected.map_or(row.taken, |right| right.taken);
        let free = row.capacity.map(|capacity| capacity - taken);
        if free.is_some_and(|free| should > free) {
            return Ok(None);
        }
        right.wrong_divisions |= should != row.seats_reserved;
        if should > 0 {
            right.of_divisions.push((row.id, should));
        }
    }
    Ok(Some(right))
}

/// Writes the uses of codes. In divisions no seats are set aside for a moment, nor in a competition where they are counted
/// wrong: a CHECK compares them with the seats that are written next.
pub(super) async fn write_uses(
    transaction: &Transaction,
    competition: CompetitionId,
    right: &CodeCorrections,
) -> Result<(), InfrastructureError> {
    for (id, uses, max_uses) in &right.uses {
        Entity::update_many()
            .col_expr(Column::Uses, Expr::value(*uses))
            .col_expr(Column::MaxUses, Expr::value(*max_uses))
            .filter(Column::Id.eq(*id))
            .exec(transaction)
            .await?;
    }
    if right.reserved.is_some() {
        set_reserved(transaction, competition, 0).await?;
    }
    division::Entity::update_many()
        .col_expr(division::Column::SeatsReserved, Expr::value(0))
        .filter(division::Column::CompetitionId.eq(competition))
        .filter(division::Column::SeatsReserved.ne(0))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Writes the numbers of seats that are set aside, and of codes.
pub(super) async fn write_set_aside(
    transaction: &Transaction,
    competition: CompetitionId,
    right: &CodeCorrections,
) -> Result<(), InfrastructureError> {
    if let Some(reserved) = right.reserved {
        set_reserved(transaction, competition, reserved).await?;
    }
    for (id, reserved) in &right.of_divisions {
        set_reserved_in(transaction, *id, *reserved).await?;
    }
    if let Some(count) = right.count {
        competition::Entity::update_many()
            .col_expr(competition::Column::CodeCount, Expr::value(count))
            .filter(competition::Column::Id.eq(competition))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

async fn set_reserved(
    transaction: &Transaction,
    competition: CompetitionId,
    reserved: i32,
) -> Result<(), InfrastructureError> {
    competition::Entity::update_many()
        .col_expr(competition::Column::SeatsReserved, Expr::value(reserved))
        .filter(competition::Column::Id.eq(competition))
        .exec(transaction)
        .await?;
    Ok(())
}

async fn set_reserved_in(
    transaction: &Transaction,
    division: DivisionId,
    reserved: i32,
) -> Result<(), InfrastructureError> {
    division::Entity::update_many()
        .col_expr(division::Column::SeatsReserved, Expr::value(reserved))
        .filter(division::Column::Id.eq(division))
        .exec(transaction)
        .await?;
    Ok(())
}
