//! Changing and taking roles, and handing a competition over.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::{Staff, role_event, view};
use crate::{
    domain::{Actor, Result},
    model::{
        AuditAction, CompetitionId, DomainError, Permission, Role, StaffId, StaffRole, StaffView,
        UserId,
        forms::{FieldErrors, FieldProblem},
    },
    store::{
        audit, auth_epoch, bulk,
        entity::{
            competition,
            staff::{Column, Entity, Model},
            user,
        },
    },
};

impl Staff {
    /// Gives somebody another role. The role `OWNER` hands the competition over: the former owner becomes an editor.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] unless `actor` is the owner,
    /// [`DomainError::LastOwner`] if the owner would get another role, and [`DomainError::Invalid`] if the competition
    /// can't be handed over to this person: the invitation is open, or the account is no organizer.
    pub async fn change_role(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: StaffId,
        role: StaffRole,
    ) -> Result<StaffView> {
        self.permitted(actor, competition, Permission::ManageStaff)
            .await?;
        let transaction = self.database.begin().await?;
        // Registrations lock this row first, too. The owner can't change meanwhile.
        competition::Entity::lock(&transaction, competition).await?;
        let competition = self.check_again(&transaction, actor, competition).await?;
        let (mut row, mut account) = member(&transaction, competition.id, id).await?;
        if let (StaffRole::Owner, Some(successor)) = (role, row.user_id) {
            // An account that is being deleted, or loses its role, is waited for: nobody would own the competition.
            auth_epoch::lock(&transaction, successor).await?;
            (row, account) = member(&transaction, competition.id, id).await?;
        }
        let changed = Model {
            role,
            ..row.clone()
        };
        if row.role == role {
            return Ok(view(changed, account.as_ref(), true));
        }
        if row.role == StaffRole::Owner {
            return Err(DomainError::LastOwner.into());
        }
        let hands_over = role == StaffRole::Owner;
        if hands_over {
            let account = account.as_ref().filter(|_| row.user_id.is_some());
            let account =
                account.ok_or_else(|| FieldErrors::one("role", FieldProblem::InvitationOpen))?;
            if account.role < Role::Organizer || account.disabled_at.is_some() {
                return Err(FieldErrors::one("role", FieldProblem::SuccessorIsNoOrganizer).into());
            }
            give_role_of_owner(&transaction, competition.id).await?;
            own(&transaction, competition.id, account.id).await?;
        }
        Entity::update_many()
            .col_expr(Column::Role, Expr::value(role.as_str()))
            .filter(Column::Id.eq(id))
            .exec(&transaction)
            .await?;
        let action = match hands_over {
            true => AuditAction::CompetitionHandOver,
            false => AuditAction::StaffRoleChange,
        };
        let event = role_event(actor, action, &row, Some(row.role), Some(role));
        let record = self.audit.record(event);
        audit::write(&transaction, &record).await?;
        if hands_over {
            // The name of the organizer is public.
            self.changes
                .commit_edit(transaction, competition.id)
                .await?;
        } else {
            transaction.commit().await?;
        }
        audit::log_records(&record);
        Ok(view(changed, account.as_ref(), true))
    }

    /// Takes somebody's role, or withdraws an invitation. Everybody but the owner may leave, too. Returns whether the
    /// actor has left.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] unless `actor` is the owner or leaves, and
    /// [`DomainError::LastOwner`] if it is the role of the owner.
    pub async fn remove(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: StaffId,
    ) -> Result<bool> {
        let (competition, role) = self
            .permitted(actor, competition, Permission::SeeOverview)
            .await?;
        let transaction = self.database.begin().await?;
        competition::Entity::lock(&transaction, competition.id).await?;
        let row = match member(&transaction, competition.id, id).await {
            // Those who do not decide who works on it learn nothing about ids.
            Err(_) if !role.permits(Permission::ManageStaff) => {
                return Err(DomainError::Forbidden.into());
            }
            found => found?.0,
        };
        if row.user_id != Some(actor.id) {
            self.check_again(&transaction, actor, competition.id)
                .await?;
        }
        if row.role == StaffRole::Owner {
            return Err(DomainError::LastOwner.into());
        }
        Entity::delete_by_id(id).exec(&transaction).await?;
        let event = role_event(actor, AuditAction::StaffRemove, &row, Some(row.role), None);
        let record = self.audit.record(event);
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(row.user_id == Some(actor.id))
    }

    /// Returns the roles of an account in those of these competitions that somebody else owns.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn roles_in(
        &self,
        account: UserId,
        competitions: &[CompetitionId],
    ) -> Result<Vec<(CompetitionId, StaffRole)>> {
        if competitions.is_empty() {
            return Ok(Vec::new());
        }
        let column = (Entity, Column::CompetitionId);
        Ok(of_member(account)
            .select_only()
            .columns([Column::CompetitionId, Column::Role])
            .filter(bulk::among(self.database.backend(), column, competitions))
            .into_tuple()
            .all(self.database.read())
            .await?)
    }
}

fn of_member(account: UserId) -> sea_orm::Select<Entity> {
    Entity::find()
        .filter(Column::UserId.eq(account))
        .filter(Entity::is_member())
}

/// Returns a row of the competition with its account.
async fn member<C: ConnectionTrait>(
    transaction: &C,
    competition: CompetitionId,
    id: StaffId,
) -> Result<(Model, Option<user::Model>)> {
    let found = Entity::find_by_id(id)
        .filter(Column::CompetitionId.eq(competition))
        .find_also_related(user::Entity)
        .one(transaction)
        .await?;
    Ok(found.ok_or(DomainError::NotFound)?)
}

/// Makes the present owner an editor.
async fn give_role_of_owner<C: ConnectionTrait>(transaction: &C, id: CompetitionId) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Role, Expr::value(StaffRole::Editor.as_str()))
        .filter(Column::CompetitionId.eq(id))
        .filter(Column::Role.eq(StaffRole::Owner))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Makes an account the organizer. No edit that is based on the version before is refused for it.
async fn own<C: ConnectionTrait>(transaction: &C, id: CompetitionId, owner: UserId) -> Result<()> {
    use competition::Column as Of;
    competition::Entity::update_many()
        .col_expr(Of::OrganizerId, Expr::value(owner.0))
        .col_expr(Of::Version, Expr::col(Of::Version).add(1))
        .filter(Of::Id.eq(id))
        .exec(transaction)
        .await?;
    Ok(())
}
