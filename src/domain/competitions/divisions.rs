//! The divisions of a competition: adding, changing and removing them.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{Competitions, division_rows::view_of};
use crate::{
    domain::{
        Actor, Result,
        audit::AuditEvent,
        registration::{DivisionAction, DivisionChange},
    },
    model::{
        AuditAction, AuditOutcome, CompetitionId, DivisionId, DivisionView, DomainError,
        forms::{DivisionInput, DivisionPatch},
    },
    store::entity::division,
};

impl Competitions {
    /// Adds a division behind the others. The first one can be added only while nobody is registered.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::Invalid`] or
    /// [`DomainError::RegistrationsWithoutDivision`].
    pub async fn add_division(
        &self,
        actor: Actor,
        competition: CompetitionId,
        input: DivisionInput,
    ) -> Result<DivisionView> {
        let id = DivisionId::new();
        let input = input.check()?;
        self.change_division(actor, competition, DivisionAction::Add(id, input))
            .await?;
        self.division(competition, id).await
    }

    /// Changes a division. More seats go to its waitlist.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::Invalid`] or
    /// [`DomainError::CapacityBelowRegistrations`].
    pub async fn edit_division(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: DivisionId,
        patch: DivisionPatch,
    ) -> Result<DivisionView> {
        self.change_division(actor, competition, DivisionAction::Edit(id, patch))
            .await?;
        self.division(competition, id).await
    }

    /// Removes a division in which nobody is registered.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or
    /// [`DomainError::DivisionHasRegistrations`].
    pub async fn remove_division(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: DivisionId,
    ) -> Result<()> {
        self.change_division(actor, competition, DivisionAction::Remove(id))
            .await
    }

    async fn change_division(
        &self,
        actor: Actor,
        competition: CompetitionId,
        action: DivisionAction,
    ) -> Result<()> {
        self.owned(actor, competition).await?;
        let (id, before, after) = match &action {
            DivisionAction::Add(id, input) => (*id, None, Some(input.name.clone())),
            DivisionAction::Edit(id, patch) => {
                let before = self.division(competition, *id).await?.name;
                let after = patch.name.clone().unwrap_or_else(|| before.clone());
                (*id, Some(before), Some(after))
            }
            DivisionAction::Remove(id) => {
                (*id, Some(self.division(competition, *id).await?.name), None)
            }
        };
        let event = AuditEvent::by(actor, AuditAction::CompetitionEdit, AuditOutcome::Done)
            .on(Some(competition))
            .with(json!({
                "changed": ["division"],
                "before": { "division": before },
                "after": { "division": after },
                "id": id,
            }));
        let change = DivisionChange {
            by: actor,
            action,
            record: self.audit.record(event),
        };
        let registrations = &self.registrations;
        registrations.change_division(competition, change).await
    }

    async fn division(&self, competition: CompetitionId, id: DivisionId) -> Result<DivisionView> {
        let row = division::Entity::find_by_id(id)
            .filter(division::Column::CompetitionId.eq(competition))
            .filter(division::Column::RemovedAt.is_null())
            .one(self.database.read())
            .await?;
        Ok(row.map(view_of).ok_or(DomainError::NotFound)?)
    }
}
