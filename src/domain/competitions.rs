//! Creating, editing, deleting and listing competitions.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;
use tokio::sync::watch;

mod access;
mod by_organizer;
pub mod calendar_file;
mod codes;
mod deletion;
mod division_rows;
mod divisions;
mod duplicate;
mod edit;
mod edit_event;
mod everybody;
mod listing;
mod opening_soon;
mod phase_updates;
mod picture;
mod plain_text;
mod publications;
mod question_rows;
mod questions;
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
    staff,
};
use crate::{
    jobs::outbox::Outbox,
    model::{
        AuditAction, AuditOutcome, CompetitionId, CompetitionView, DomainError, Eligibility,
        LiveView, Role, UserId,
        forms::{
            CompetitionInput, DivisionInput, FieldErrors, FieldProblem, QuestionInput,
            check_publication,
        },
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, TimeLimits, audit,
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

/// What a new competition consists of besides its row.
#[derive(Debug, Default)]
pub struct CompetitionParts {
    /// The divisions in their order, with different names.
    pub divisions: Vec<DivisionInput>,
    /// The questions in their order.
    pub questions: Vec<QuestionInput>,
    /// The conditions of those who register.
    pub eligibility: Eligibility,
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

    /// Creates a competition.
    ///
    /// # Errors
    /// Returns [`DomainError::Forbidden`] unless `actor` is an organizer, and [`DomainError::Invalid`] if
    /// a field is out of bounds or the deadline has passed.
    pub async fn create(&self, actor: Actor, input: CompetitionInput) -> Result<CompetitionView> {
        let parts = CompetitionParts::default();
        self.create_with(actor, input, parts).await
    }

    /// Creates a competition with these parts, which are valid.
    ///
    /// # Errors
    /// Returns the errors of [`create`](Self::create).
    pub async fn create_with(
        &self,
        actor: Actor,
        input: CompetitionInput,
        parts: CompetitionParts,
    ) -> Result<CompetitionView> {
        let allowed = actor.must_be(Role::Organizer);
        self.audit.access(actor, None, allowed).await?;
        self.insert(actor.id, actor, input, parts).await
    }

    /// Creates a competition of `owner` with these parts, in which `actor` is an editor.
    async fn create_for(
        &self,
        owner: UserId,
        actor: Actor,
        input: CompetitionInput,
        parts: CompetitionParts,
    ) -> Result<CompetitionView> {
        let row = user::Entity::find_by_id(owner);
        let row = row.one(self.database.read()).await?;
        let owns = row.filter(|row| row.role >= Role::Organizer && row.disabled_at.is_none());
        let allowed = owns.map(|_| ()).ok_or(DomainError::Forbidden);
        self.audit.access(actor, None, allowed).await?;
        self.insert(owner, actor, input, parts).await
    }

    async fn insert(
        &self,
        owner: UserId,
        actor: Actor,
        input: CompetitionInput,
        parts: CompetitionParts,
    ) -> Result<CompetitionView> {
        let CompetitionParts {
            divisions,
            questions,
            eligibility,
        } = parts;
        let limits_age = |one: &DivisionInput| one.age_min.is_some() || one.age_max.is_some();
        let asks_age = !eligibility.ages_unchecked
            && (eligibility.limits_age() || divisions.iter().any(limits_age));
        let domains =
            (!eligibility.email_domains.is_empty()).then(|| json!(eligibility.email_domains));
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
            organizer_id: Set(owner),
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
            has_divisions: Set(!divisions.is_empty()),
            questions_revision: Set(i32::from(!questions.is_empty() || asks_age)),
            results_revision: Set(0),
            code_count: Set(0),
            seats_reserved: Set(0),
            codes_due_at: Set(None),
            code_required: Set(eligibility.code_required),
            email_domains: Set(domains),
            age_min: Set(eligibility.age_min),
            age_max: Set(eligibility.age_max),
            ages_unchecked: Set(eligibility.ages_unchecked),
            reg_deadline: Set(input.reg_deadline),
            deadline_before_closing: Set(None),
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
        division_rows::insert(&transaction, id, divisions, now).await?;
        question_rows::insert(&transaction, id, questions, now).await?;
        if owner != actor.id {
            staff::add_editor(&transaction, id, actor.id, now).await?;
        }
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

    async fn view(&self, row: competition::Model) -> Result<CompetitionView> {
        let now = self.clock.now();
        if !row.has_divisions {
            return view(self.database.read(), row, now).await;
        }
        // The numbers of the competition and of its divisions are of one moment.
        let snapshot = self.database.begin_snapshot(TimeLimits::ORDINARY).await?;
        let found = competition::Entity::existing_by_id(row.id).one(&snapshot);
        let row = found.await?.ok_or(DomainError::NotFound)?;
        let view = view(&snapshot, row, now).await?;
        snapshot.rollback().await?;
        Ok(view)
    }

    async fn row(&self, id: CompetitionId) -> Result<competition::Model> {
        competition::Entity::existing_by_id(id)
            .one(self.database.read())
            .await?
            .ok_or_else(|| DomainError::NotFound.into())
    }
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

/// Returns the view of a competition at `now`, with its organizer's name and its divisions. Where there are none,
/// nothing is read about them.
pub(super) async fn view<C: ConnectionTrait>(
    connection: &C,
    row: competition::Model,
    now: DateTime<Utc>,
) -> Result<CompetitionView> {
    let organizer = user::Entity::find_by_id(row.organizer_id)
        .one(connection)
        .await?;
    let divisions = match row.has_divisions {
        true => division_rows::read(connection, row.id).await?,
        false => Vec::new(),
    };
    Ok(CompetitionView {
        divisions,
        ..view_of(row, organizer.as_ref(), now)
    })
}
