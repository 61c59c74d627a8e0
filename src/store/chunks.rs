//! Removal of rows in chunks, so that no transaction takes long.

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TryGetable,
    sea_query::IntoCondition,
};
use uuid::Uuid;

use super::{Transaction, bulk};

/// Removes the rows with the lowest ids, at most `most` of those for which the condition holds. Returns whether there were
/// any.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn remove_first<E, I>(
    transaction: &Transaction,
    id: E::Column,
    condition: impl IntoCondition,
    most: u64,
) -> Result<bool, DbErr>
where
    E: EntityTrait,
    I: TryGetable + Into<Uuid> + Copy,
{
    let chunk: Vec<I> = E::find()
        .select_only()
        .column(id)
        .filter(condition)
        .order_by_asc(id)
        .limit(most)
        .into_tuple()
        .all(transaction)
        .await?;
    if chunk.is_empty() {
        return Ok(false);
    }
    let backend = transaction.get_database_backend();
    E::delete_many()
        .filter(bulk::among(backend, id, &chunk))
        .exec(transaction)
        .await?;
    Ok(true)
}
