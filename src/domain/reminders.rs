//! Reminders before a competition starts.
//!
//! A sweep looks for participants who hold a seat in a published competition that starts soon, and
//! who have neither a reminder in their mailbox nor a job (or dead letter) for one. However often and
//! in however many processes it runs, there is one reminder for a registration and a start: the job's
//! id and the message's `dedupe_key` both follow from these two. A competition that is postponed
//! reminds again.
//!
//! It runs at each tick of `REMINDER_CRON`, for all that begins within [`AHEAD`]; and every minute
//! for [`latecomers`].

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use cron::Schedule;
use sea_orm::{
    ColumnTrait, Condition, DatabaseBackend, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait, Select,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::registration::{NotificationPayload, REMINDER, in_registration_order},
    jobs::{
        outbox::{self, Outbox},
        scheduler::{RunOutcome, ScheduledTask},
    },
    model::{
        CompetitionId, CompetitionStatus, MessageKind, RegistrationId, RegistrationStatus, UserId,
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, bulk,
        entity::{competition, failed_job, message, outbox_job, registration},
    },
};

pub mod latecomers;

pub use latecomers::Latecomers;

/// How long before the start participants are reminded.
pub const AHEAD: TimeDelta = TimeDelta::hours(24);
/// The name of the scheduled task at the ticks of `REMINDER_CRON`.
pub const TASK_NAME: &str = "reminders";
/// The number of jobs that are written in one transaction.
const BATCH: u64 = 1_000;

/// A registration, its account, its competition and the start of that.
type DueReminder = (RegistrationId, UserId, CompetitionId, DateTime<Utc>);

/// Finds participants to remind and enqueues their reminders. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reminders {
    database: Database,
    outbox: Outbox,
    clock: Clock,
    schedule: Schedule,
}

impl Reminders {
    /// Creates the task, which runs at the ticks of `schedule`.
    #[must_use]
    pub fn new(database: Database, outbox: Outbox, clock: Clock, schedule: Schedule) -> Self {
        Self {
            database,
            outbox,
            clock,
            schedule,
        }
    }

    /// Enqueues reminders for everything that begins up to `horizon`, until the shutdown signal
    /// `stop`. Each batch is a transaction of its own.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable. Batches before that stay
    /// committed.
    pub async fn sweep(
        &self,
        horizon: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        let soon = self.soon(horizon, Condition::all()).await?;
        let reminded = self.sweep_all(soon, stop).await?;
        Ok(outcome(reminded, stop))
    }

    /// Returns the published competitions that start up to `horizon` and satisfy `such`.
    async fn soon(
        &self,
        horizon: DateTime<Utc>,
        such: Condition,
    ) -> Result<Vec<CompetitionId>, InfrastructureError> {
        Ok(competition::Entity::find()
            .select_only()
            .column(competition::Column::Id)
            .filter(starts_by(horizon, self.clock.now()))
            .filter(such)
            .order_by_asc(competition::Column::StartsAt)
            .into_tuple()
            .all(self.database.read())
            .await?)
    }

    async fn sweep_all(
        &self,
        competitions: Vec<CompetitionId>,
        stop: &CancellationToken,
    ) -> Result<u64, InfrastructureError> {
        let mut reminded = 0;
        for competition in competitions {
            if stop.is_cancelled() {
                break;
            }
            reminded += self.sweep_competition(competition, stop).await?;
        }
        Ok(reminded)
    }

    async fn sweep_competition(
        &self,
        competition: CompetitionId,
        stop: &CancellationToken,
    ) -> Result<u64, InfrastructureError> {
        let (mut reminded, mut after) = (0, None);
        while !stop.is_cancelled() {
            // Bounded by the registrations that are read, however few of them are to be reminded.
            let query = registration::Entity::find()
                .select_only()
                .column(registration::Column::Id)
                .filter(registration::Column::CompetitionId.eq(competition))
                .limit(BATCH);
            let page: Vec<RegistrationId> = in_registration_order(query, after)
                .into_tuple()
                .all(self.database.read())
                .await?;
            let Some(last) = page.last() else {
                break;
            };
            after = Some(*last);
            let due_reminders = self.among(&page, Condition::all()).await?;
            reminded += self.remind(&due_reminders).await?;
        }
        Ok(reminded)
    }

    /// Reminds those of `registrations` that a sweep would remind.
    async fn remind_those(
        &self,
        registrations: &[RegistrationId],
        horizon: DateTime<Utc>,
    ) -> Result<u64, InfrastructureError> {
        let starts_soon = starts_by(horizon, self.clock.now());
        let due_reminders = self.among(registrations, starts_soon).await?;
        self.remind(&due_reminders).await
    }

    /// Returns those of `registrations` that have no reminder yet and satisfy `which`.
    async fn among(
        &self,
        registrations: &[RegistrationId],
        which: Condition,
    ) -> Result<Vec<DueReminder>, InfrastructureError> {
        let backend = self.database.backend();
        Ok(unreminded(backend)
            .filter(bulk::among(
                backend,
                (registration::Entity, registration::Column::Id),
                registrations,
            ))
            .filter(which)
            .into_tuple()
            .all(self.database.read())
            .await?)
    }

    /// Writes the jobs in a transaction of their own, pushes them, and returns their number.
    async fn remind(&self, due_reminders: &[DueReminder]) -> Result<u64, InfrastructureError> {
        if due_reminders.is_empty() {
            return Ok(0);
        }
        let jobs = due_reminders
            .iter()
            .map(|(registration_id, user_id, competition_id, starts_at)| {
                let mut payload =
                    NotificationPayload::new(*registration_id, *user_id, *competition_id);
                payload.starts_at = Some(starts_at.timestamp());
                payload.reminder()
            })
            .collect::<Result<Vec<_>, InfrastructureError>>()?;
        let transaction = self.database.begin().await?;
        outbox::write(&transaction, &jobs, self.clock.now()).await?;
        transaction.commit().await?;
        self.outbox.committed(&jobs).await;
        Ok(jobs.len() as u64)
    }
}

/// Logs how many reminders a sweep has enqueued.
fn outcome(reminded: u64, stop: &CancellationToken) -> RunOutcome {
    if reminded > 0 {
        tracing::info!(count = reminded, "Enqueued {reminded} reminders");
    }
    RunOutcome::unless_stopped(stop)
}

/// The condition that a competition is published, not deleted, and starts after `now` and up to
/// `horizon`.
fn starts_by(horizon: DateTime<Utc>, now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(competition::Column::Status.eq(CompetitionStatus::Published))
        .add(competition::Column::DeletedAt.is_null())
        .add(competition::Column::StartsAt.gt(now))
        .add(competition::Column::StartsAt.lte(horizon))
}

/// Selects registrations that hold a seat and have no reminder of the start yet, as
/// [`DueReminder`]s.
fn unreminded(backend: DatabaseBackend) -> Select<registration::Entity> {
    use registration::Column;
    let id = || Expr::col((registration::Entity, Column::Id));
    let messages = Query::select()
        .expr(Expr::val(1))
        .from(message::Entity)
        .and_where(Expr::col((message::Entity, message::Column::RegistrationId)).eq(id()))
        .and_where(message::Column::Kind.eq(MessageKind::Reminder))
        .and_where(Expr::cust(format!(
            "dedupe_key LIKE '%:' || {}",
            start(backend)
        )))
        .to_owned();
    registration::Entity::find()
        .select_only()
        .columns([Column::Id, Column::UserId, Column::CompetitionId])
        .column(competition::Column::StartsAt)
        .join(
            JoinType::InnerJoin,
            registration::Relation::Competition.def(),
        )
        .filter(Column::Status.is_in([RegistrationStatus::Pending, RegistrationStatus::Confirmed]))
        .filter(Condition::all().not().add(Expr::exists(messages)))
        .filter(not_a_job(
            outbox_job::Entity,
            outbox_job::Column::SubjectId,
            outbox_job::Column::Kind,
            id(),
            backend,
        ))
        .filter(not_a_job(
            failed_job::Entity,
            failed_job::Column::SubjectId,
            failed_job::Column::Kind,
            id(),
            backend,
        ))
}

/// Returns SQL for the competition's start as keys and payloads of reminders hold it, in seconds
/// since 1970.
const fn start(backend: DatabaseBackend) -> &'static str {
    match backend {
        DatabaseBackend::Postgres => {
            "floor(extract(epoch FROM \"competitions\".\"starts_at\"))::int8::text"
        }
        _ => "strftime('%s', \"competitions\".\"starts_at\")",
    }
}

/// The condition that a table of jobs has no reminder of the registration `id` and the start. A job
/// that does not say of which start it reminds (an earlier release wrote it, or it cannot be read)
/// counts as one.
fn not_a_job<E: EntityTrait, C: ColumnTrait>(
    table: E,
    subject: C,
    kind: C,
    id: sea_orm::sea_query::SimpleExpr,
    backend: DatabaseBackend,
) -> Condition {
    let jobs: SelectStatement = Query::select()
        .expr(Expr::val(1))
        .from(table)
        .and_where(Expr::col((table, subject)).eq(id))
        .and_where(kind.eq(REMINDER.name))
        .and_where(Expr::cust(format!(
            "COALESCE(CAST(payload ->> 'startsAt' AS text), '') IN ('', {})",
            start(backend)
        )))
        .to_owned();
    Condition::all().not().add(Expr::exists(jobs))
}

/// Runs at each tick of `REMINDER_CRON`, for all participants.
#[async_trait]
impl ScheduledTask for Reminders {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        self.sweep(now + AHEAD, stop).await
    }
}
