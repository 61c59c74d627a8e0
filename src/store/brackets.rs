//! Removal of the brackets of a deleted competition, in chunks.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    Transaction, chunks,
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
    let of_bracket = match_change::Column::BracketId.eq(id);
    let changes = chunks::remove_first::<match_change::Entity, MatchChangeId>(
        transaction,
        match_change::Column::Id,
        of_bracket,
        CHANGES_CHUNK,
    );
    if !changes.await? {
        // There are a few thousand matches and entrants at most, which are removed with it.
        bracket::Entity::delete_by_id(id).exec(transaction).await?;
    }
    Ok(true)
}
