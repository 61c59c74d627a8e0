//! Making, changing and finding competitions.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;
use tokio::sync::watch;

pub mod calendar_file;
mod listing;
mod text_search;

pub use text_search::{contains_pattern, search_words};

use super::{
    Actor, Result,
    audit::{Audit, AuditEvent},
    registration::{self, Registrations},
    seats::{self, SeatUpdates},
};
use crate::{
    jobs::outbox::{self, Outbox},
    model::{
        AuditAction, AuditOutcome, CompetitionId, CompetitionStatus, CompetitionView, DomainError,
        Role, SeatsView, UserId,
        forms::{CompetitionInput, CompetitionPatch, CompetitionTimes, FieldErrors},
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, audit,
        entity::{competition, user},
    },
};

/// Competitions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Competitions {
    database: Database,
    clock: Clock,
    seats: SeatUpdates,
    registrations: Registrations,
    outbox: Outbox,
    audit: Audit,
}

/// The live numbers of a competition.
#[derive(Debug)]
pub struct SeatSubscription {
    /// The newest numbers; closed when the competition is deleted.
    pub seats: watch::Receiver<SeatsView>,
    /// Whether only some may see them, and only as long as they may: see
    /// [`Competitions::is_draft_for`].
    pub draft: bool,
}

impl Competitions {
    /// Over a database; changes of capacity go through the desks of `registrations`.
    #[must_use]
    pub fn new(
        database: Database,
        clock: Clock,
        seats: SeatUpdates,
        registrations: Registrations,
        outbox: Outbox,
        audit: Audit,
    ) -> Self {
        Self {
            database,
            clock,
            seats,
            registrations,
            outbox,
            audit,
        }
    }

    /// One.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] if there is none, or it is a draft of somebody else's.
    pub async fn get(&self, id: CompetitionId, viewer: Option<Actor>) -> Result<CompetitionView> {
        let row = self.row(id).await?;
        let owned = viewer.is_some_and(|viewer| viewer.runs(row.organizer_id));
        if row.status == CompetitionStatus::Draft && !owned {
            return Err(DomainError::NotFound.into());
        }
        view(self.database.read(), row).await
    }

    /// One that `actor` runs.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] if there is none, [`DomainError::Forbidden`] if it is somebody else's.
    pub async fn get_owned(&self, actor: Actor, id: CompetitionId) -> Result<CompetitionView> {
        let row = self.owned(actor, id).await?;
        view(self.database.read(), row).await
    }

    /// Makes one.
    ///
    /// # Errors
    /// [`DomainError::Forbidden`] unless `actor` is an organizer; [`DomainError::Invalid`] if the fields are
    /// out of bounds or the deadline has passed.
    pub async fn create(&self, actor: Actor, input: CompetitionInput) -> Result<CompetitionView> {
        let allowed = actor.must_be(Role::Organizer);
        self.audit.access(actor, None, allowed).await?;
        let input = input.check()?;
        let now = self.clock.now();
        if input.reg_deadline <= now {
            return Err(FieldErrors::one("regDeadline", "Choose a time in the future.").into());
        }
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
            reg_deadline: Set(input.reg_deadline),
            starts_at: Set(input.starts_at),
            ends_at: Set(input.ends_at),
            schedule_revision: Set(0),
            created_at: Set(now),
            updated_at: Set(now),
            deleted_at: Set(None),
        }
        .insert(&transaction)
        .await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        view(self.database.read(), row).await
    }

    /// Changes what its organizer decides. `expected` is the version the change is based on: nothing
    /// that organizers decided may have changed since, while people may have registered.
    ///
    /// A published competition does not become a draft again, and a cancelled one stays cancelled:
    /// people have been told.
    ///
    /// # Errors
    /// [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::Invalid`],
    /// [`DomainError::PreconditionFailed`], [`DomainError::CapacityBelowRegistrations`].
    pub async fn edit(
        &self,
        actor: Actor,
        id: CompetitionId,
        change: impl Into<CompetitionPatch>,
        expected: Option<i64>,
    ) -> Result<CompetitionView> {
        let row = self.owned(actor, id).await?;
        let seen = row.edited_at_version..=row.version;
        if expected.is_some_and(|version| !seen.contains(&version)) {
            return Err(DomainError::PreconditionFailed.into());
        }
        let times = CompetitionTimes {
            reg_deadline: row.reg_deadline,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
        };
        let patch = change.into().check(times)?;
        let record = self.audit.record(edited(actor, &row, &patch));
        self.registrations
            .revise(actor, id, patch, expected, record)
            .await?;
        self.get_owned(actor, id).await
    }

    /// Deletes it with its registrations: for everyone it is gone at once. A job removes its rows and
    /// tells those who held a seat or a place on the waitlist of what was to come. `expected` is as for
    /// [`edit`](Self::edit).
    ///
    /// # Errors
    /// [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::PreconditionFailed`].
    pub async fn delete(
        &self,
        actor: Actor,
        id: CompetitionId,
        expected: Option<i64>,
    ) -> Result<()> {
        let row = self.owned(actor, id).await?;
        let event = AuditEvent::by(actor, AuditAction::CompetitionDelete, AuditOutcome::Done);
        let event = event.on(Some(id)).with(json!({ "status": row.status }));
        let record = self.audit.record(event);
        let now = self.clock.now();
        let mut mark = competition::Entity::update_many()
            .col_expr(competition::Column::DeletedAt, Expr::value(now))
            .col_expr(
                competition::Column::Version,
                Expr::col(competition::Column::Version).add(1),
            )
            .filter(competition::Column::Id.eq(id))
            .filter(competition::Column::DeletedAt.is_null());
        if let Some(version) = expected {
            mark = mark
                .filter(competition::Column::EditedAtVersion.lte(version))
                .filter(competition::Column::Version.gte(version));
        }
        let removal = registration::deletion(id)?;
        let transaction = self.database.begin().await?;
        let marked = mark.exec(&transaction).await?.rows_affected;
        if marked == 0 {
            let refusal = match expected {
                Some(_) => DomainError::PreconditionFailed,
                None => DomainError::NotFound,
            };
            return Err(refusal.into());
        }
        outbox::write(&transaction, std::slice::from_ref(&removal), now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.outbox.committed(&[removal]).await;
        self.seats.end(id).await;
        Ok(())
    }

    /// Live numbers: the current ones, and each change. They end when the competition is deleted.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] if there is none, or it is a draft that `viewer` may not see.
    pub async fn watch(
        &self,
        id: CompetitionId,
        viewer: Option<UserId>,
    ) -> Result<SeatSubscription> {
        let draft = self.is_draft_for(id, viewer).await?;
        let seats = self.seats.watch(id).await?;
        Ok(SeatSubscription { seats, draft })
    }

    /// Whether a competition is a draft, for somebody who may see it. The account is looked up, so
    /// that a role taken away works at once.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] if there is none, or it is a draft that `viewer` may not see.
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

    /// The row, if `actor` runs the competition.
    async fn owned(&self, actor: Actor, id: CompetitionId) -> Result<competition::Model> {
        let row = self.row(id).await?;
        let allowed = actor.must_run(row.organizer_id);
        self.audit
            .access(actor, Some(id.into()), allowed.map(|()| row))
            .await
    }

    async fn row(&self, id: CompetitionId) -> Result<competition::Model> {
        competition::Entity::existing_by_id(id)
            .one(self.database.read())
            .await?
            .ok_or_else(|| DomainError::NotFound.into())
    }
}

/// What an organizer does to a competition: which fields get another value, and what it becomes.
/// Compared with the row as it was read before; what happens meanwhile is a change of its own.
fn edited(actor: Actor, row: &competition::Model, patch: &CompetitionPatch) -> AuditEvent {
    fn differs<T: PartialEq>(new: &Option<T>, old: &T) -> bool {
        new.as_ref().is_some_and(|new| new != old)
    }
    let action = match patch.status.filter(|status| *status != row.status) {
        Some(CompetitionStatus::Published) => AuditAction::CompetitionPublish,
        Some(CompetitionStatus::Cancelled) => AuditAction::CompetitionCancel,
        Some(CompetitionStatus::Draft) | None => AuditAction::CompetitionEdit,
    };
    let tags = patch.tags.as_ref().map(|tags| json!(tags));
    let changed: Vec<_> = [
        ("title", differs(&patch.title, &row.title)),
        ("description", differs(&patch.description, &row.description)),
        ("location", differs(&patch.location, &row.location)),
        ("tags", differs(&tags, &row.tags)),
        (
            "capacity",
            differs(&patch.capacity, &i64::from(row.capacity)),
        ),
        (
            "waitlistEnabled",
            differs(&patch.waitlist_enabled, &row.waitlist_enabled),
        ),
        (
            "regDeadline",
            differs(&patch.reg_deadline, &row.reg_deadline),
        ),
        ("startsAt", differs(&patch.starts_at, &row.starts_at)),
        ("endsAt", differs(&patch.ends_at, &row.ends_at)),
    ]
    .into_iter()
    .filter_map(|(field, changed)| changed.then_some(field))
    .collect();
    AuditEvent::by(actor, action, AuditOutcome::Done)
        .on(Some(row.id))
        .with(json!({ "changed": changed }))
}

/// Whose a competition is.
///
/// # Errors
/// [`DomainError::NotFound`] if there is none.
pub(super) async fn owner<C: ConnectionTrait>(connection: &C, id: CompetitionId) -> Result<UserId> {
    let owner: Option<UserId> = competition::Entity::existing_by_id(id)
        .select_only()
        .column(competition::Column::OrganizerId)
        .into_tuple()
        .one(connection)
        .await?;
    owner.ok_or_else(|| DomainError::NotFound.into())
}

/// A row with its organizer's name.
pub(super) async fn view<C: ConnectionTrait>(
    connection: &C,
    row: competition::Model,
) -> Result<CompetitionView> {
    let organizer = user::Entity::find_by_id(row.organizer_id)
        .one(connection)
        .await?;
    Ok(named(row, organizer.as_ref()))
}

fn named(row: competition::Model, organizer: Option<&user::Model>) -> CompetitionView {
    let seats = seats::seats(row.seats_left, row.capacity, row.waitlisted);
    CompetitionView {
        id: row.id,
        organizer_id: row.organizer_id,
        organizer_name: organizer.map(|o| o.name.clone()).unwrap_or_default(),
        title: row.title,
        description: row.description,
        location: row.location,
        tags: serde_json::from_value(row.tags).unwrap_or_default(),
        capacity: seats.capacity,
        seats_left: seats.seats_left,
        waitlist_enabled: row.waitlist_enabled,
        waitlisted: seats.waitlisted,
        status: row.status,
        reg_deadline: row.reg_deadline,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        version: row.version,
        edited_at_version: row.edited_at_version,
        created_at: row.created_at,
    }
}
