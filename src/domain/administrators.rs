//! Who may administer the installation.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Actor, Result, audit::Audit};
use crate::{
    model::{DomainError, Role},
    store::{Database, entity::user},
};

/// Checks that the actor is an administrator at this moment. The role is read from the database, since the one in a
/// token may be outdated. An access that is refused is written to the audit log.
///
/// # Errors
/// Returns [`DomainError::Forbidden`] if the actor is none, or is disabled.
pub(super) async fn require(database: &Database, audit: &Audit, actor: Actor) -> Result<()> {
    let allowed = check(database, actor).await?;
    audit.access(actor, None, allowed).await
}

async fn check(database: &Database, actor: Actor) -> Result<Result<(), DomainError>> {
    if let Err(error) = actor.must_be(Role::Admin) {
        return Ok(Err(error));
    }
    let role: Option<Role> = user::Entity::find_by_id(actor.id)
        .select_only()
        .column(user::Column::Role)
        .filter(user::Column::DisabledAt.is_null())
        .into_tuple()
        .one(database.read())
        .await?;
    Ok(match role {
        Some(Role::Admin) => Ok(()),
        _ => Err(DomainError::Forbidden),
    })
}
