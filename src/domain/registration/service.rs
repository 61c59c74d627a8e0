//! [`Registrations`]: the handle through which the API and the pages take and cancel registrations.

use std::{sync::Arc, time::Duration};

use sea_orm::EntityTrait;
use tokio::{sync::Semaphore, time::Instant};

use super::{
    code_commands::CodeChange,
    command::{Command, PauseChange, Reply, Revision},
    in_flight::InFlightKeys,
    organizer_commands::DivisionChange,
    outcome::ResponseCodec,
    queue::{Dependencies, RegistrationQueues},
    response_cache::ResponseCache,
};
use crate::{
    domain::{
        Actor, Result, audit::Audit, blocking_work::BlockingWork, questions::Questions,
        rate_limits::RateLimiter, tallies::Tallies,
    },
    model::{CompetitionId, DomainError, RegistrationId},
    ops::Clock,
    store::{Database, InfrastructureError, audit::Record, entity::registration},
};

/// The number of exports that one process reads at a time: each holds a database connection.
const CONCURRENT_EXPORTS: usize = 3;
/// The number of spreadsheets that one process writes at a time: each keeps a core busy.
const CONCURRENT_SPREADSHEETS: usize = 1;
/// How long a spreadsheet waits for others to end.
const SPREADSHEET_WAIT: Duration = Duration::from_secs(5);
/// The number of acts that one process commits at a time: each may change a thousand registrations.
const CONCURRENT_ACTS: usize = 2;
/// How long a cancellation or an edit waits for its reply.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Registers, cancels, edits, lists and exports. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Registrations {
    pub(super) database: Database,
    pub(super) clock: Clock,
    pub(super) codec: ResponseCodec,
    pub(super) queues: RegistrationQueues,
    pub(super) responses: ResponseCache,
    pub(super) in_flight: InFlightKeys,
    /// A permit for each export that may be read at the same time.
    pub(super) exports: Arc<Semaphore>,
    /// Writes spreadsheets on blocking threads.
    pub(super) spreadsheets: BlockingWork,
    /// A permit for each act on many registrations that may be committed at the same time.
    pub(super) acts: Arc<Semaphore>,
    pub(super) limits: RateLimiter,
    pub(super) audit: Audit,
    /// What competitions ask, as far as this process knows.
    pub(super) questions: Questions,
    /// Counts refusals of registrations, for organizers.
    pub(super) tallies: Tallies,
    /// Whether an account must have confirmed its e-mail address before it can register.
    pub(super) requires_confirmed_email: bool,
}

impl Registrations {
    /// Creates the handle, without limits and without an audit log.
    #[must_use]
    pub fn new(dependencies: Dependencies) -> Self {
        let responses = ResponseCache::new(
            dependencies.ports.clone(),
            dependencies.clock.clone(),
            dependencies.codec,
            dependencies.idempotency_ttl.to_std().unwrap_or_default(),
        );
        Self {
            queues: RegistrationQueues::new(&dependencies, responses.clone()),
            responses,
            in_flight: InFlightKeys::new(dependencies.ports),
            codec: dependencies.codec,
            questions: Questions::new(dependencies.database.clone()),
            database: dependencies.database,
            clock: dependencies.clock,
            exports: Arc::new(Semaphore::new(CONCURRENT_EXPORTS)),
            spreadsheets: BlockingWork::new(CONCURRENT_SPREADSHEETS, SPREADSHEET_WAIT),
            acts: Arc::new(Semaphore::new(CONCURRENT_ACTS)),
            limits: RateLimiter::off(),
            audit: Audit::off(),
            tallies: Tallies::default(),
            requires_confirmed_email: false,
        }
    }

    /// Decides whether only accounts with a confirmed e-mail address can register: if mail can be sent.
    #[must_use]
    pub fn requiring_confirmed_email(self, requires_confirmed_email: bool) -> Self {
        Self {
            requires_confirmed_email,
            ..self
        }
    }

    /// Adds limits, so that no account can take more than its share, and an audit log.
    #[must_use]
    pub fn guarded_by(self, limits: RateLimiter, audit: Audit) -> Self {
        Self {
            limits,
            audit,
            ..self
        }
    }

    /// Returns what competitions ask, with the memory that registrations use.
    #[must_use]
    pub fn questions(&self) -> Questions {
        self.questions.clone()
    }

    /// Counts refusals in these tallies.
    #[must_use]
    pub fn tallied_by(self, tallies: Tallies) -> Self {
        Self { tallies, ..self }
    }

    /// Cancels a registration. Its seat goes to the head of the waitlist in the same transaction.
    /// Cancelling twice is no error.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such registration or `actor` does not own it,
    /// and [`DomainError::Overloaded`] if nothing happened yet.
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
        self.execute(row.competition_id, command).await
    }

    /// Edits a competition. Edits are queued with registrations, since a new capacity promotes
    /// registrations from the waitlist.
    pub(in crate::domain) async fn revise(
        &self,
        competition: CompetitionId,
        revision: Revision,
    ) -> Result<()> {
        self.execute(competition, Command::Revise(Box::new(revision)))
            .await
    }

    /// Pauses registration for a competition or resumes it. It is queued with registrations, so that it is
    /// decided in one order with them.
    pub(in crate::domain) async fn set_paused(
        &self,
        actor: Actor,
        competition: CompetitionId,
        paused: bool,
        record: Option<Record>,
    ) -> Result<()> {
        let change = PauseChange {
            by: actor,
            paused,
            record,
        };
        self.execute(competition, Command::SetPaused(Box::new(change)))
            .await
    }

    /// Changes the divisions of a competition. It is queued with registrations, since it is decided by them, and more
    /// seats promote registrations from the waitlist.
    pub(in crate::domain) async fn change_division(
        &self,
        competition: CompetitionId,
        change: DivisionChange,
    ) -> Result<()> {
        self.execute(competition, Command::ChangeDivision(Box::new(change)))
            .await
    }

    /// Changes the codes of a competition. It is queued with registrations, since it is decided by them, and seats that are
    /// not set aside any more promote registrations from the waitlist.
    pub(in crate::domain) async fn change_codes(
        &self,
        competition: CompetitionId,
        change: CodeChange,
    ) -> Result<()> {
        self.execute(competition, Command::ChangeCodes(Box::new(change)))
            .await
    }

    /// Gives free seats to the waitlist. Returns when the first transaction is committed; the queue goes
    /// on with the rest.
    pub(super) async fn promote_waitlist(&self, competition: CompetitionId) -> Result<()> {
        self.execute(competition, Command::PromoteWaitlist).await
    }

    /// Queues a command that has no stored outcome, and waits for its reply.
    async fn execute(&self, competition: CompetitionId, command: Command) -> Result<()> {
        let mut pending = self.queues.submit(competition, command)?;
        let Some(reply) = pending.reply_by(Instant::now() + TIMEOUT).await else {
            // The response says that nothing happened, so the command must not be started later.
            pending.withdraw();
            return Err(DomainError::Overloaded { retry_after: 2 }.into());
        };
        match reply? {
            Reply::Done(result) => Ok(result?),
            Reply::Outcome(_) | Reply::OtherQuestions => {
                Err(InfrastructureError::internal("an outcome without a registration").into())
            }
        }
    }

    /// Waits until every queued command has a reply.
    pub async fn drain(&self) {
        self.queues.drain().await;
    }
}
