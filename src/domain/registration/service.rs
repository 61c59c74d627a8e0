//! The handle that the skins hold, and giving a seat back.

use std::{sync::Arc, time::Duration};

use moka::future::Cache as Near;
use sea_orm::EntityTrait;
use tokio::{sync::Semaphore, time::Instant};

use super::{
    command::{Command, Reply, Revision},
    export,
    outcome::Stored,
    queue::RegistrationQueues,
    register::InFlight,
};
use crate::{
    domain::{Actor, Result, audit::Audit, limits::Limits},
    model::{
        CompetitionId, DomainError, IdempotencyKey, RegistrationId, UserId, forms::CompetitionPatch,
    },
    ops::Clock,
    store::{Database, audit::Record, entity::registration, ports::Ports},
};

/// Answers kept in this process.
const NEAR_ANSWERS: u64 = 50_000;
/// How long a near copy is kept: shorter than any sensible time to live of the answer itself.
const NEAR_TTL: Duration = Duration::from_secs(600);
/// How long somebody waits who gives a seat back or changes a competition.
const PATIENCE: Duration = Duration::from_secs(10);

/// Taking and giving back seats. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Registrations {
    pub(super) database: Database,
    pub(super) ports: Ports,
    pub(super) clock: Clock,
    pub(super) queues: RegistrationQueues,
    pub(super) near: Near<(UserId, IdempotencyKey), Stored>,
    pub(super) in_flight: InFlight,
    /// Room for lists that are read at the same time.
    pub(super) exports: Arc<Semaphore>,
    pub(super) limits: Limits,
    pub(super) audit: Audit,
}

impl Registrations {
    /// Over a database and desks. `ttl` is how long answers are kept.
    #[must_use]
    pub fn new(
        database: Database,
        ports: Ports,
        clock: Clock,
        queues: RegistrationQueues,
        ttl: Duration,
    ) -> Self {
        Self {
            database,
            ports,
            clock,
            queues,
            near: Near::builder()
                .max_capacity(NEAR_ANSWERS)
                .time_to_live(NEAR_TTL.min(ttl))
                .build(),
            in_flight: InFlight::default(),
            exports: Arc::new(Semaphore::new(export::AT_ONCE)),
            limits: Limits::off(),
            audit: Audit::off(),
        }
    }

    /// The same with limits, so that no account can crowd a registration, and with an audit log.
    #[must_use]
    pub fn guarded_by(self, limits: Limits, audit: Audit) -> Self {
        Self {
            limits,
            audit,
            ..self
        }
    }

    /// Gives a seat or a place in the queue back; the head of the queue gets the seat in the same
    /// transaction. Doing so again is harmless.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] if there is no such registration or it is somebody else's;
    /// [`DomainError::Overloaded`] if nothing happened yet.
    pub async fn cancel(&self, actor: Actor, registration: RegistrationId) -> Result<()> {
        let row = registration::Entity::find_by_id(registration)
            .one(self.database.read())
            .await?
            .filter(|row| row.user_id == actor.id)
            .ok_or(DomainError::NotFound)?;
        let command = Command::Cancel {
            registration,
            by: actor.id,
        };
        self.done(row.competition_id, command).await
    }

    /// Changes a competition: at the desk, since a change of capacity moves the queue.
    pub(in crate::domain) async fn revise(
        &self,
        actor: Actor,
        competition: CompetitionId,
        patch: CompetitionPatch,
        expected_version: Option<i64>,
        record: Option<Record>,
    ) -> Result<()> {
        let revision = Revision {
            by: actor,
            patch,
            expected_version,
            record,
        };
        self.done(competition, Command::Revise(Box::new(revision)))
            .await
    }

    /// Seats people who queue while seats are free. Returns when the first of them are seated; the
    /// rest follows.
    pub(super) async fn seat_waiting(&self, competition: CompetitionId) -> Result<()> {
        self.done(competition, Command::SeatWaiting).await
    }

    async fn done(&self, competition: CompetitionId, command: Command) -> Result<()> {
        let mut waiting = self.queues.submit(competition, command)?;
        let Some(reply) = waiting.reply_by(Instant::now() + PATIENCE).await else {
            // What is refused now must not be done later.
            waiting.withdraw();
            return Err(DomainError::Overloaded { retry_after: 2 }.into());
        };
        match reply? {
            Reply::Done(outcome) => Ok(outcome?),
            Reply::Answer { .. } => {
                Err(crate::store::InfrastructureError::internal("an answer to no one").into())
            }
        }
    }

    /// Waits until everyone who queues here has a reply.
    pub async fn drain(&self) {
        self.queues.drain().await;
    }
}
