//! Removal of results: those of a deleted competition in chunks, and the notes on those of a deleted account.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};

use super::{
    Transaction, chunks,
    entity::{performance, registration, stage, standings},
};
use crate::model::{CompetitionId, PerformanceId, StageId, UserId, forms::STAGES_MAX};

/// The number of results that are removed in one transaction.
const RESULTS_CHUNK: u64 = 2_000;
/// The number of versions that are removed in one transaction: each may have very many rows.
const VERSIONS_CHUNK: u64 = 5;

/// Removes a chunk of the results of a deleted competition: results first, then versions, then stages. Returns whether
/// some may be left.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn remove_results(
    transaction: &Transaction,
    competition: CompetitionId,
) -> Result<bool, DbErr> {
    let stages: Vec<StageId> = stage::Entity::find()
        .select_only()
        .column(stage::Column::Id)
        .filter(stage::Column::CompetitionId.eq(competition))
        .limit(STAGES_MAX as u64)
        .into_tuple()
        .all(transaction)
        .await?;
    for id in &stages {
        if remove_performances(transaction, *id).await? || remove_versions(transaction, *id).await?
        {
            return Ok(true);
        }
    }
    if stages.is_empty() {
        return Ok(false);
    }
    stage::Entity::delete_many()
        .filter(stage::Column::CompetitionId.eq(competition))
        .exec(transaction)
        .await?;
    Ok(false)
}

async fn remove_performances(transaction: &Transaction, stage: StageId) -> Result<bool, DbErr> {
    use performance::{Column, Entity};
    let of_stage = Column::StageId.eq(stage);
    chunks::remove_first::<Entity, PerformanceId>(transaction, Column::Id, of_stage, RESULTS_CHUNK)
        .await
}

async fn remove_versions(transaction: &Transaction, stage: StageId) -> Result<bool, DbErr> {
    use standings::{Column, Entity};
    let chunk: Vec<i32> = Entity::find()
        .select_only()
        .column(Column::Version)
        .filter(Column::StageId.eq(stage))
        .order_by_asc(Column::Version)
        .limit(VERSIONS_CHUNK)
        .into_tuple()
        .all(transaction)
        .await?;
    let Some(last) = chunk.last() else {
        return Ok(false);
    };
    Entity::delete_many()
        .filter(Column::StageId.eq(stage))
        .filter(Column::Version.lte(*last))
        .exec(transaction)
        .await?;
    Ok(true)
}

/// Erases what helpers have noted on the results of an account. The results stay, and name nobody.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn erase_notes(transaction: &Transaction, account: UserId) -> Result<(), DbErr> {
    use performance::Column;
    let registrations = Query::select()
        .column(registration::Column::Id)
        .from(registration::Entity)
        .and_where(registration::Column::UserId.eq(account))
        .to_owned();
    performance::Entity::update_many()
        .col_expr(Column::Note, Expr::value(""))
        .filter(Column::RegistrationId.in_subquery(registrations))
        .filter(Column::Note.ne(""))
        .exec(transaction)
        .await?;
    Ok(())
}
