//! Who may do what with a competition.
//!
//! | who | role |
//! | --- | --- |
//! | the account that owns the competition, while it is an organizer | `OWNER` |
//! | an administrator | `OWNER` |
//! | an account with an accepted row of `staff` | the role of the row |
//! | everybody else | none |
//!
//! What a role allows is decided by [`StaffRole::permits`]. Roles are read from the database at each act, so that one
//! that was taken away has no effect any more. For the owner and for administrators nothing is read.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Actor, Result, audit::Audit};
use crate::{
    model::{CompetitionId, DomainError, Permission, Role, StaffRole, UserId},
    store::{
        Database, InfrastructureError,
        entity::{
            competition,
            staff::{Column, Entity},
        },
    },
};

/// Returns the role of an actor that follows from the owner of a competition; `None` if that depends on the staff.
/// An account that lost the role of an organizer keeps its access as a participant, and none to what it owns.
pub(super) fn role_without_staff(actor: Actor, owner: UserId) -> Option<Option<StaffRole>> {
    if actor.role == Role::Admin {
        return Some(Some(StaffRole::Owner));
    }
    (actor.id == owner).then(|| (actor.role >= Role::Organizer).then_some(StaffRole::Owner))
}

/// Returns the role of an actor in a competition of which this account is the owner; `None` if the actor has none.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub(super) async fn role_of<C: ConnectionTrait>(
    connection: &C,
    actor: Actor,
    competition: CompetitionId,
    owner: UserId,
) -> Result<Option<StaffRole>, InfrastructureError> {
    if let Some(role) = role_without_staff(actor, owner) {
        return Ok(role);
    }
    Ok(Entity::find()
        .select_only()
        .column(Column::Role)
        .filter(Column::CompetitionId.eq(competition))
        .filter(Column::UserId.eq(actor.id))
        .into_tuple()
        .one(connection)
        .await?)
}

/// Returns the role if it permits this.
///
/// # Errors
/// Returns [`DomainError::Forbidden`] if it does not, or if there is none.
pub(super) fn check(
    role: Option<StaffRole>,
    permission: Permission,
) -> Result<StaffRole, DomainError> {
    role.filter(|role| role.permits(permission))
        .ok_or(DomainError::Forbidden)
}

/// Returns the role of an actor in a competition, if it permits this. An access that is refused is written to the
/// audit log.
///
/// # Errors
/// Returns [`DomainError::Forbidden`] if the actor may not do it.
pub(super) async fn require<C: ConnectionTrait>(
    connection: &C,
    audit: &Audit,
    actor: Actor,
    competition: &competition::Model,
    permission: Permission,
) -> Result<StaffRole> {
    let (id, owner) = (competition.id, competition.organizer_id);
    let role = role_of(connection, actor, id, owner).await?;
    let allowed = check(role, permission);
    audit.access(actor, Some(id.into()), allowed).await
}

/// Returns a competition and the role of an actor in it, if the role permits this. An access that is refused is written
/// to the audit log.
///
/// # Errors
/// Returns [`DomainError::NotFound`] if there is no such competition, and [`DomainError::Forbidden`] if the actor may not
/// do it.
pub(super) async fn permitted(
    database: &Database,
    audit: &Audit,
    actor: Actor,
    id: CompetitionId,
    permission: Permission,
) -> Result<(competition::Model, StaffRole)> {
    let connection = database.read();
    let found = competition::Entity::existing_by_id(id)
        .one(connection)
        .await?;
    let row = found.ok_or(DomainError::NotFound)?;
    let role = require(connection, audit, actor, &row, permission).await?;
    Ok((row, role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_manage_their_competitions_while_they_are_organizers_and_administrators_all() {
        let id = UserId::new();
        let role = |role, owner| role_without_staff(Actor::new(id, role), owner);
        assert_eq!(role(Role::Organizer, id), Some(Some(StaffRole::Owner)));
        assert_eq!(role(Role::Participant, id), Some(None));
        assert_eq!(
            role(Role::Admin, UserId::new()),
            Some(Some(StaffRole::Owner))
        );
        assert_eq!(role(Role::Organizer, UserId::new()), None);
    }
}
