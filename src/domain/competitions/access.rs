//! Who may see a competition and change it.

use sea_orm::{EntityTrait, QuerySelect};

use super::Competitions;
use crate::{
    domain::{Actor, Result, permissions},
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, DomainError, Permission, StaffRole,
        UserId,
    },
    store::entity::{competition, user},
};

impl Competitions {
    /// Returns the row of a competition that `viewer` may see.
    pub(super) async fn visible(
        &self,
        id: CompetitionId,
        viewer: Option<Actor>,
    ) -> Result<competition::Model> {
        let row = self.row(id).await?;
        if row.status != CompetitionStatus::Draft {
            return Ok(row);
        }
        let role = match viewer {
            Some(viewer) => {
                let database = self.database.read();
                permissions::role_of(database, viewer, id, row.organizer_id).await?
            }
            None => None,
        };
        let seen = permissions::check(role, Permission::SeeOverview);
        Ok(seen
            .map(|_| row)
            .map_err(|_forbidden| DomainError::NotFound)?)
    }

    /// Returns a competition that `actor` may edit.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is none, [`DomainError::Forbidden`] if `actor` may not edit it.
    pub async fn get_owned(&self, actor: Actor, id: CompetitionId) -> Result<CompetitionView> {
        let row = self.owned(actor, id).await?;
        self.view(row).await
    }

    /// Returns a competition and the role of `actor` in it, if the role permits this.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is none, [`DomainError::Forbidden`] if the role does not permit it.
    pub async fn get_for(
        &self,
        actor: Actor,
        id: CompetitionId,
        permission: Permission,
    ) -> Result<(CompetitionView, StaffRole)> {
        let (row, role) = self.permitted(actor, id, permission).await?;
        Ok((self.view(row).await?, role))
    }

    /// Returns whether a competition that `viewer` may see is a draft. Reads the account, so that a role
    /// that was taken away has no effect any more.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is none, or it is a draft that `viewer` may not see.
    pub async fn is_draft_for(&self, id: CompetitionId, viewer: Option<UserId>) -> Result<bool> {
        use competition::Column;
        let found: Option<(CompetitionStatus, UserId)> = competition::Entity::existing_by_id(id)
            .select_only()
            .columns([Column::Status, Column::OrganizerId])
            .into_tuple()
            .one(self.database.read())
            .await?;
        let (status, organizer) = found.ok_or(DomainError::NotFound)?;
        if status != CompetitionStatus::Draft {
            return Ok(false);
        }
        let viewer = viewer.ok_or(DomainError::NotFound)?;
        let database = self.database.read();
        let viewer = user::Entity::find_by_id(viewer).one(database).await?;
        let viewer = viewer.ok_or(DomainError::NotFound)?;
        let viewer = Actor::new(viewer.id, viewer.role);
        let role = permissions::role_of(database, viewer, id, organizer).await?;
        let seen = permissions::check(role, Permission::SeeOverview);
        Ok(seen
            .map(|_| true)
            .map_err(|_forbidden| DomainError::NotFound)?)
    }

    /// Returns the competition's row if `actor` may edit it, and records a refused access.
    pub(super) async fn owned(
        &self,
        actor: Actor,
        id: CompetitionId,
    ) -> Result<competition::Model> {
        let (row, _) = self.permitted(actor, id, Permission::Edit).await?;
        Ok(row)
    }

    /// Returns the competition's row and the role of `actor` in it, if the role permits this. Records a refused
    /// access.
    pub(super) async fn permitted(
        &self,
        actor: Actor,
        id: CompetitionId,
        permission: Permission,
    ) -> Result<(competition::Model, StaffRole)> {
        permissions::permitted(&self.database, &self.audit, actor, id, permission).await
    }
}
