//! Announcements: messages that an organizer writes to all participants of a competition.

use sea_orm::{ActiveValue::Set, EntityTrait, PaginatorTrait, QueryFilter, prelude::*};

use super::{
    Actor, Result,
    audit::{Audit, AuditEvent},
    registration::FanOutPage,
};
use crate::{
    jobs::outbox::{self, Outbox},
    model::{
        AnnouncementId, AuditAction, AuditOutcome, CompetitionId, CompetitionStatus, DomainError,
        RegistrationStatus,
        forms::{AnnouncementForm, FieldErrors, FieldProblem},
    },
    ops::Clock,
    store::{
        Database, audit,
        entity::{announcement, competition, registration},
    },
};

/// Writes announcements. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Announcements {
    database: Database,
    outbox: Outbox,
    clock: Clock,
    audit: Audit,
}

impl Announcements {
    /// Creates the service over a database.
    #[must_use]
    pub fn new(database: Database, outbox: Outbox, clock: Clock, audit: Audit) -> Self {
        Self {
            database,
            outbox,
            clock,
            audit,
        }
    }

    /// Announces something to all participants with a live registration, and returns their present
    /// number. The messages are written in the background.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such competition, [`DomainError::Forbidden`] if
    /// `actor` is not its organizer, and [`DomainError::Invalid`] if the text is out of bounds or the
    /// competition is a draft.
    pub async fn announce(
        &self,
        actor: Actor,
        competition_id: CompetitionId,
        form: &AnnouncementForm,
    ) -> Result<u64> {
        let competition = competition::Entity::existing_by_id(competition_id)
            .one(self.database.read())
            .await?
            .ok_or(DomainError::NotFound)?;
        let allowed = actor.must_run(competition.organizer_id);
        let subject = Some(competition_id.into());
        self.audit.access(actor, subject, allowed).await?;
        let (subject, body) = form.parse()?;
        if competition.status == CompetitionStatus::Draft {
            return Err(FieldErrors::one("subject", FieldProblem::DraftHasNobody).into());
        }
        let (id, now) = (AnnouncementId::new(), self.clock.now());
        let job = FanOutPage {
            competition_id,
            announcement_id: Some(id),
            after: None,
        }
        .job()?;
        let event = AuditEvent::by(actor, AuditAction::Announcement, AuditOutcome::Done);
        let record = self.audit.record(event.on(Some(competition_id)));
        let transaction = self.database.begin().await?;
        announcement::Entity::insert(announcement::ActiveModel {
            id: Set(id),
            competition_id: Set(competition_id),
            author_id: Set(Some(actor.id)),
            subject: Set(subject),
            body: Set(body),
            created_at: Set(now),
        })
        .exec_without_returning(&transaction)
        .await?;
        outbox::write(&transaction, std::slice::from_ref(&job), now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.outbox.committed(&[job]).await;
        Ok(registration::Entity::find()
            .filter(registration::Column::CompetitionId.eq(competition_id))
            .filter(registration::Column::Status.ne(RegistrationStatus::Cancelled))
            .count(self.database.read())
            .await?)
    }
}
