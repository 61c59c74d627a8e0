//! Look-ups of the names of accounts, for the lists that say who did something.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::{
    bulk,
    entity::user::{Column, Entity},
};
use crate::model::UserId;

/// Returns the name of each of these accounts that exists.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn names<C: ConnectionTrait>(
    connection: &C,
    accounts: HashSet<UserId>,
) -> Result<HashMap<UserId, String>, DbErr> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let accounts: Vec<_> = accounts.into_iter().collect();
    let id = (Entity, Column::Id);
    let names: Vec<(UserId, String)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::Name])
        .filter(bulk::among(
            connection.get_database_backend(),
            id,
            &accounts,
        ))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(names.into_iter().collect())
}
