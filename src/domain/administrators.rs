//! Who may administer the installation.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, LockType},
};

use super::{Actor, Result, audit::Audit};
use crate::{
    model::{DomainError, Role, UserId},
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

/// Locks the administrators who can log in until the transaction ends, and returns them. The order of the locks is the
/// same for everybody. A transaction that has waited for another one sees what that one has changed.
pub(super) async fn lock<C: ConnectionTrait>(transaction: &C) -> Result<Vec<UserId>, DbErr> {
    let mut administrators = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::Role.eq(Role::Admin))
        // The condition of the index, which a planner does not derive from a parameter.
        .filter(Expr::cust("role <> 'PARTICIPANT'"))
        .filter(user::Column::DisabledAt.is_null())
        .order_by_asc(user::Column::Id);
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        administrators = administrators.lock(LockType::NoKeyUpdate);
    }
    administrators.into_tuple().all(transaction).await
}
