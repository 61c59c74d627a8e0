//! Creating, editing, deleting and listing competitions.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;
use tokio::sync::watch;

mod by_organizer;
pub mod calendar_file;
mod deletion;
mod duplicate;
mod edit;
mod edit_event;
mod listing;
mod opening_soon;
mod phase_updates;
mod picture;
mod plain_text;
mod publications;
mod registration_pause;
mod registration_period;
mod row_view;
mod search;
mod search_updates;
mod similar;
mod statistics;
mod tags;
mod text_search;

use calendar_file::CalendarFile;
pub use edit::Edit;
pub use phase_updates::PhaseUpdates;
pub use publications::Publications;
use row_view::view_of;
pub use search_updates::SearchUpdates;
pub use text_search::{contains_pattern, search_words};

use super::{
    Actor, Result,
    audit::{Audit, AuditEvent},
    changes::Changes,
    registration::Registrations,
    seats::SeatUpdates,
};
use crate::{
    jobs::outbox::Outbox,
    model::{
        AuditAction, AuditOutcome, CompetitionId, CompetitionStatus, CompetitionView, DomainError,
        LiveView, Role, UserId,
        forms::{CompetitionInput, FieldErrors, FieldProblem, check_publication},
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, audit,
        entity::{competition, user},
        search as search_index,
    },
};

/// Creates, edits, deletes and lists competitions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Competitions {
    database: Database,
    clock: Clock,
    seats: SeatUpdates,
    changes: Changes,
    registrations: Registrations,
    outbox: Outbox,
    audit: Audit,
}

/// A subscription to the seat counts of a competition.
#[derive(Debug)]
pub struct SeatSubscription {
    /// The newest counts; closed when the competition is deleted.
    pub seats: watch::Receiver<LiveView>,
    /// Whether the competition is a draft. The caller then checks repeatedly whether the subscriber may
    /// still see it, with [`Competitions::is_draft_for`].
    pub draft: bool,
}

impl Competitions {
    /// Creates the service over a database; edits go through the registration queues of `registrations`.
    #[must_use]
    pub fn new(
        database: Database,
        clock: Clock,
        seats: SeatUpdates,
        changes: Changes,
        registrations: Registrations,
        outbox: Outbox,
        audit: Audit,
    ) -> Self {
        Self {
            database,
            clock,
            seats,
            changes,
            registrations,
            outbox,
            audit,
        }
    }

    /// Returns a competition.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is none, or if it is a draft that `viewer` does not
    /// manage.
    pub async fn get(&self, id: CompetitionId, viewer: Option<Actor>) -> Result<CompetitionView> {
        self.view(self.visible(id, viewer).await?).await
    }

    /// Returns a competition as a file for calendars.
    ///
    /// # Errors
    /// Returns the errors of [`get`](Self::get).
    pub async fn calendar_file(
        &self,
        id: CompetitionId,
        viewer: Option<Actor>,
    ) -> Result<CalendarFile> {
        Ok(self.visible(id, viewer).await?.into())
    }

    /// Returns the row of a competition that `viewer` may see.
    async fn visible(
        &self,
        id: CompetitionId,
        viewer: Option<Actor>,
    ) -> Result<competition::Model> {
        let row = self.row(id).await?;
        let owned = viewer.is_some_and(|viewer| viewer.runs(row.organizer_id));
        if row.status == CompetitionStatus::Draft && !owned {
            return Err(DomainError::NotFound.into());
        }
        Ok(row)
    }

    /// Returns a competition that `actor` manages.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is none, [`DomainError::Forbidden`] if `actor` does not
    /// manage it.
    pub async fn get_owned(&self, actor: Actor, id: CompetitionId) -> Result<CompetitionView> {
        let row = self.owned(actor, id).await?;
        self.view(row).await
    }

    /// Creates a competition.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an organizer, and [`DomainError::Invalid`] if
    /// a field is out of bounds or the deadline has passed.
    pub async fn create(&self, actor: Actor, input: CompetitionInput) -> Result<CompetitionView> {
        let allowed = actor.must_be(Role::Organizer);
        self.audit.access(actor, None, allowed).await?;
        let input = input.check()?;
        let now = self.clock.now();
        if input.reg_deadline <= now {
            return Err(FieldErrors::one("regDeadline", FieldProblem::PastTime).into());
        }
        let (status, deadline) = (input.status, input.reg_deadline);
        check_publication(input.publish_at, None, status, deadline, now)?;
        let capacity = i32::try_from(input.capacity).map_err(InfrastructureError::internal)?;
        let id = CompetitionId::new();
        let event = AuditEvent::by(actor, AuditAction::CompetitionCreate, AuditOutcome::Done)
            .on(Some(id))
            .with(json!({ "status": input.status }));
        let record = self.audit.record(event);
        let transaction = self.database.begin().await?;
        let row = competition::ActiveModel {
            id: Set(id),
            organizer_id: Set(actor.id),
            title: Set(input.title),
            description: Set(input.description),
            location: Set(input.location),
            tags: Set(serde_json::json!(input.tags)),
            capacity: Set(capacity),
            seats_left: Set(capacity),
            waitlisted: Set(0),
            waitlist_seq: Set(0),
            version: Set(0),
            edited_at_version: Set(0),
            waitlist_enabled: Set(input.waitlist_enabled),
            status: Set(input.status),
            publish_at: Set(input.publish_at),
            opens_at: Set(input.opens_at),
            paused: Set(false),
            reg_deadline: Set(input.reg_deadline),
            starts_at: Set(input.starts_at),
            ends_at: Set(input.ends_at),
            time_zone: Set(input.time_zone),
            picture: Set(None),
            schedule_revision: Set(0),
            created_at: Set(now),
            updated_at: Set(now),
            deleted_at: Set(None),
        }
        .insert(&transaction)
        .await?;
        search_index::write_documents(&transaction, std::slice::from_ref(&row)).await?;
        audit::write(&transaction, &record).await?;
        self.changes.commit_edit(transaction, id).await?;
        audit::log_records(&record);
        self.view(row).await
    }

    /// Subscribes to the current seat counts and each change, until the competition is deleted.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is none, or it is a draft that `viewer` may not see.
    pub async fn watch(
        &self,
        id: CompetitionId,
        viewer: Option<UserId>,
    ) -> Result<SeatSubscription> {
        let draft = self.is_draft_for(id, viewer).await?;
        let seats = self.seats.watch(id).await?;
        Ok(SeatSubscription { seats, draft })
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
        let viewer = user::Entity::find_by_id(viewer)
            .one(self.database.read())
            .await?
            .map(|user| Actor::new(user.id, user.role));
        match viewer {
            Some(viewer) if viewer.runs(organizer) => Ok(true),
            _ => Err(DomainError::NotFound.into()),
        }
    }

    /// Returns the competition's row if `actor` manages it, and records a refused access.
    async fn owned(&self, actor: Actor, id: CompetitionId) -> Result<competition::Model> {
        let row = self.row(id).await?;
        let allowed = actor.must_run(row.organizer_id);
        self.audit
            .access(actor, Some(id.into()), allowed.map(|()| row))
            .await
    }

    async fn view(&self, row: competition::Model) -> Result<CompetitionView> {
        view(self.database.read(), row, self.clock.now()).await
    }

    async fn row(&self, id: CompetitionId) -> Result<competition::Model> {
        competition::Entity::existing_by_id(id)
            .one(self.database.read())
            .await?
            .ok_or_else(|| DomainError::NotFound.into())
    }
}

/// Returns the organizer of a competition.
///
/// # Errors
/// Returns [`DomainError::NotFound`] if there is none.
pub(super) async fn owner<C: ConnectionTrait>(connection: &C, id: CompetitionId) -> Result<UserId> {
    let owner: Option<UserId> = competition::Entity::existing_by_id(id)
        .select_only()
        .column(competition::Column::OrganizerId)
        .into_tuple()
        .one(connection)
        .await?;
    owner.ok_or_else(|| DomainError::NotFound.into())
}

/// Counts a new version of each competition of an organizer whose name has changed, since the name is part of
/// what a version shows. No edit that is based on the former version is refused for it.
pub(super) async fn organizer_renamed<C: ConnectionTrait>(
    connection: &C,
    organizer: UserId,
) -> Result<(), InfrastructureError> {
    use competition::Column;
    competition::Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::OrganizerId.eq(organizer))
        .filter(Column::DeletedAt.is_null())
        .exec(connection)
        .await?;
    Ok(())
}

/// Returns the view of a competition at `now`, with its organizer's name.
pub(super) async fn view<C: ConnectionTrait>(
    connection: &C,
    row: competition::Model,
    now: DateTime<Utc>,
) -> Result<CompetitionView> {
    let organizer = user::Entity::find_by_id(row.organizer_id)
        .one(connection)
        .await?;
    Ok(view_of(row, organizer.as_ref(), now))
}
