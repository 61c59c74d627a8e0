//! Edits competitions, with or without a message to those who are registered.

use super::{Competitions, edit_event};
use crate::{
    domain::{Actor, Result, permissions, registration::Revision, schedule::Schedule},
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, DomainError, Permission,
        forms::{CompetitionInput, CompetitionPatch, CompetitionTimes, check_publication},
    },
};

/// An edit of a competition, and how it is made.
#[derive(Debug, Clone)]
pub struct Edit {
    change: CompetitionPatch,
    expected_version: Option<i64>,
    notifies: bool,
}

impl Edit {
    /// Creates an edit that is based on any version and notifies participants of a new time or location.
    #[must_use]
    pub fn of(change: impl Into<CompetitionPatch>) -> Self {
        Self {
            change: change.into(),
            expected_version: None,
            notifies: true,
        }
    }

    /// Names the version that the edit is based on: there may have been registrations since, but no other edit.
    #[must_use]
    pub fn based_on(self, expected_version: Option<i64>) -> Self {
        Self {
            expected_version,
            ..self
        }
    }

    /// Says whether participants get a message about a new time or location.
    #[must_use]
    pub fn notifying(self, notifies: bool) -> Self {
        Self { notifies, ..self }
    }
}

impl Competitions {
    /// Edits a competition. `expected` is the version that the edit is based on: there may have been
    /// registrations since, but no other edit.
    ///
    /// A published competition does not become a draft again, and a cancelled one stays cancelled,
    /// since participants were notified.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::Invalid`],
    /// [`DomainError::PreconditionFailed`], [`DomainError::CapacityBelowRegistrations`].
    pub async fn edit(
        &self,
        actor: Actor,
        id: CompetitionId,
        change: impl Into<CompetitionPatch>,
        expected: Option<i64>,
    ) -> Result<CompetitionView> {
        let edit = Edit::of(change).based_on(expected);
        self.make_edit(actor, id, edit).await
    }

    /// Returns whether an edit moves a competition to another time or place for people who are registered for it, so
    /// that they have to know.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`].
    pub async fn moves(
        &self,
        actor: Actor,
        id: CompetitionId,
        input: &CompetitionInput,
    ) -> Result<bool> {
        let (row, _) = self.permitted(actor, id, Permission::Edit).await?;
        let registered = row.seats_left < row.capacity || row.waitlisted > 0;
        let published = [row.status, input.status] == [CompetitionStatus::Published; 2];
        let after = Schedule {
            starts_at: input.starts_at,
            ends_at: input.ends_at,
            location: input.location.clone(),
        };
        let before = Schedule::from(row);
        Ok(registered && published && before.is_moved_to(&after, self.clock.now()))
    }

    /// Makes an edit, as [`edit`](Self::edit) does, with the choices of [`Edit`].
    ///
    /// # Errors
    /// Returns the errors of [`edit`](Self::edit).
    pub async fn make_edit(
        &self,
        actor: Actor,
        id: CompetitionId,
        edit: Edit,
    ) -> Result<CompetitionView> {
        let Edit {
            change,
            expected_version,
            notifies,
        } = edit;
        let row = self.row(id).await?;
        let needed = change.permission(row.status);
        permissions::require(self.database.read(), &self.audit, actor, &row, needed).await?;
        let seen = row.edited_at_version..=row.version;
        if expected_version.is_some_and(|version| !seen.contains(&version)) {
            return Err(DomainError::PreconditionFailed.into());
        }
        let times = CompetitionTimes {
            opens_at: row.opens_at,
            reg_deadline: row.reg_deadline,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
        };
        let patch = change.check(times)?;
        check_publication(
            patch.publish_at.flatten(),
            row.publish_at,
            patch.status.unwrap_or(row.status),
            patch.reg_deadline.unwrap_or(row.reg_deadline),
            self.clock.now(),
        )?;
        let record = self.audit.record(edit_event::of(actor, &row, &patch));
        let revision = Revision {
            by: actor,
            patch,
            notifies,
            expected_version,
            record,
        };
        self.registrations.revise(id, revision).await?;
        self.get_owned(actor, id).await
    }
}
