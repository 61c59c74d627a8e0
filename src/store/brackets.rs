//! Removal of the brackets of a deleted competition, in chunks.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{
    Transaction, bulk,
    entity::{bracket, match_change},
};
use crate::model::{BracketId, CompetitionId, MatchChangeId};

/// The number of entries of histories that are removed in one transaction.
const CHANGES_CHUNK: u64 = 2_000;

/// Removes a chunk of the brackets of a deleted competition: the history of one of them, or one with its matches and
/// entrants. Returns whether some may be left.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn remove_brackets(
    transaction: &Transaction,
    competition: CompetitionId,
) -> Result<bool, DbErr> {
    let bracket: Option<BracketId> = bracket::Entity::find()
        .select_only()
        .column(bracket::Column::Id)
        .filter(bracket::Column::CompetitionId.eq(competition))
        .order_by_asc(bracket::Column::Id)
        .limit(1)
        .into_tuple()
        .one(transaction)
        .await?;
    let Some(id) = bracket else {
        return Ok(false);
    };
    if !remove_changes(transaction, id).await? {
        // There are a few thousand matches and entrants at most, which are removed with it.
        bracket::Entity::delete_by_id(id).exec(transaction).await?;
    }
    Ok(true)
}

async fn remove_changes(transaction: &Transaction, bracket: BracketId) -> Result<bool, DbErr> {
    use match_change::{Column, Entity};
    let chunk: Vec<MatchChangeId> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::BracketId.eq(bracket))
        .order_by_asc(Column::Id)
        .limit(CHANGES_CHUNK)
        .into_tuple()
        .all(transaction)
        .await?;
    if chunk.is_empty() {
        return Ok(false);
    }
    let backend = transaction.get_database_backend();
    Entity::delete_many()
        .filter(bulk::among(backend, (Entity, Column::Id), &chunk))
        .exec(transaction)
        .await?;
    Ok(true)
}
