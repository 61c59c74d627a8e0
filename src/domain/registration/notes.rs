//! Notes of organizers on registrations, which the participants do not see.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
};

use super::service::Registrations;
use crate::{
    domain::{Actor, Result, competitions},
    model::{
        CompetitionId, DomainError, NoteId, NoteView, PersonView, RegistrationId, StaffRole,
        forms::{FieldErrors, FieldProblem, note},
    },
    store::entity::{
        registration,
        registration_note::{self, Column, Entity},
        user,
    },
};

/// The most notes on one registration.
const MOST: u64 = 50;

impl Registrations {
    /// Returns a participant of a competition, with the notes of its organizers.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the competition has no such registration, and
    /// [`DomainError::Forbidden`] if `actor` does not run it.
    pub async fn person(
        &self,
        actor: Actor,
        competition: CompetitionId,
        registration: RegistrationId,
    ) -> Result<PersonView> {
        let row = self.run_by(actor, competition).await?;
        let mut found = self
            .views(competition, &[registration], StaffRole::Owner)
            .await?;
        let registration = found
            .pop()
            .filter(|found| found.competition_id == competition)
            .ok_or(DomainError::NotFound)?;
        let id = registration.registration_id;
        let database = self.database.read();
        let competition = competitions::view(database, row, self.clock.now()).await?;
        Ok(PersonView {
            answers: self.answered(&competition, &registration).await?,
            competition,
            timeline: self.timeline(actor, id).await?,
            notes: self.notes(id).await?,
            registration,
        })
    }

    /// Returns the notes on a registration, oldest first.
    async fn notes(&self, registration: RegistrationId) -> Result<Vec<NoteView>> {
        let notes = Entity::find()
            .find_also_related(user::Entity)
            .filter(Column::RegistrationId.eq(registration))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            // Two organizers may write the last one at once.
            .limit(2 * MOST)
            .all(self.database.read())
            .await?;
        let view = |(note, author): (registration_note::Model, Option<user::Model>)| NoteView {
            id: note.id,
            author: author.map(|author| author.name).unwrap_or_default(),
            body: note.body,
            created_at: note.created_at,
        };
        Ok(notes.into_iter().map(view).collect())
    }

    /// Writes a note on a registration.
    ///
    /// # Errors
    /// Returns the errors of [`person`](Self::person), and [`DomainError::Invalid`] if the text is empty or too long, or
    /// the registration has as many notes as it may have.
    pub async fn add_note(
        &self,
        actor: Actor,
        competition: CompetitionId,
        registration: RegistrationId,
        text: &str,
    ) -> Result<()> {
        self.check_run(actor, competition, registration).await?;
        let body = note(text)?;
        let of_registration = Entity::find().filter(Column::RegistrationId.eq(registration));
        if of_registration.count(self.database.read()).await? >= MOST {
            return Err(FieldErrors::one("note", FieldProblem::TooManyNotes(MOST)).into());
        }
        let row = registration_note::ActiveModel {
            id: Set(NoteId::new()),
            registration_id: Set(registration),
            author_id: Set(actor.id),
            body: Set(body),
            created_at: Set(self.clock.now()),
        };
        let transaction = self.database.begin().await?;
        row.insert(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Deletes a note on a registration. Whoever runs the competition can; a repeat changes nothing.
    ///
    /// # Errors
    /// Returns the errors of [`person`](Self::person).
    pub async fn delete_note(
        &self,
        actor: Actor,
        competition: CompetitionId,
        registration: RegistrationId,
        note: NoteId,
    ) -> Result<()> {
        self.check_run(actor, competition, registration).await?;
        let transaction = self.database.begin().await?;
        Entity::delete_by_id(note)
            .filter(Column::RegistrationId.eq(registration))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Checks that `actor` runs the competition, and that the registration is one of it.
    async fn check_run(
        &self,
        actor: Actor,
        competition: CompetitionId,
        registration: RegistrationId,
    ) -> Result<()> {
        self.may_run(actor, competition).await?;
        let found = registration::Entity::find_by_id(registration)
            .filter(registration::Column::CompetitionId.eq(competition))
            .select_only()
            .column(registration::Column::Id)
            .into_tuple::<RegistrationId>()
            .one(self.database.read())
            .await?;
        found
            .map(|_| ())
            .ok_or_else(|| DomainError::NotFound.into())
    }
}
