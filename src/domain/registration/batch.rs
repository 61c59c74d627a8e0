//! One transaction for everyone who waits: lock the row, read, decide, write, commit.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use sea_orm::DatabaseTransaction;

use super::{
    command::{Command, Reply},
    decide::{Book, Plan, decide},
    load,
    turns::Turns,
    write,
};
use crate::{
    jobs::outbox::NewJob,
    model::{CompetitionId, RegistrationId},
    ops::Clock,
    store::{Database, Fault, Meaning},
};

/// For how long a transaction that lost against another is tried again.
const CONFLICT_PATIENCE: Duration = Duration::from_secs(4);
/// How often it is tried again when a row came or went between reading and writing.
const SURPRISES: u32 = 8;
/// How often it is tried again when the database went away under it.
const OUTAGES: u32 = 2;

/// What a committed batch leaves to be done: answers, news, jobs to push.
#[derive(Debug)]
pub(super) struct Committed {
    /// A reply for each command, in their order.
    pub replies: Vec<Reply>,
    /// The competition afterwards, if it changed.
    pub book: Option<Book>,
    /// Jobs that were born.
    pub jobs: Vec<NewJob>,
}

/// Why a transaction did not come to be.
enum Failed {
    /// No connection was to be had. It was waited for: trying again at once helps nobody.
    AtOnce(Fault),
    /// It began.
    Within(Fault),
}

/// Runs batches, each in one transaction.
#[derive(Debug)]
pub(super) struct Batches {
    pub database: Database,
    pub clock: Clock,
    pub idempotency_ttl: TimeDelta,
    pub turns: Turns,
}

impl Batches {
    /// Runs the commands in one transaction. One that fails for a passing reason is repeated whole,
    /// which is safe: whatever a lost commit may have done is found under its keys.
    ///
    /// # Errors
    /// When nothing happened, as far as anybody can tell: trying again with the same keys is safe.
    pub(super) async fn run(
        &self,
        competition: CompetitionId,
        commands: &[Command],
    ) -> Result<Committed, Fault> {
        let mut lost: Option<Instant> = None;
        let (mut tries, mut surprises, mut outages) = (0_u32, 0, 0);
        loop {
            let attempt = self.attempt(competition, commands);
            let fault = match self.turns.take(lost.is_some(), attempt).await {
                Ok(committed) => return Ok(committed),
                Err(Failed::AtOnce(fault)) => return Err(fault),
                Err(Failed::Within(fault)) => fault,
            };
            tries += 1;
            let pause = match fault.meaning() {
                // Who waited for the row's lock fails as soon as it is free, since the row has
                // changed. So the first try comes at once: later the row is locked again.
                Meaning::Conflict
                    if lost.get_or_insert_with(Instant::now).elapsed() < CONFLICT_PATIENCE =>
                {
                    jittered((1 << tries.min(6)) - 2)
                }
                // Somebody wrote the same key, or deleted the account, in between. Reading again
                // tells.
                Meaning::Duplicate | Meaning::Dangling if surprises < SURPRISES => {
                    surprises += 1;
                    jittered(4 << surprises.min(4))
                }
                Meaning::Away if outages < OUTAGES => {
                    outages += 1;
                    jittered(200)
                }
                _ => return Err(fault),
            };
            tracing::debug!(%competition, %fault, tries, "a batch is tried again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(
        &self,
        competition: CompetitionId,
        commands: &[Command],
    ) -> Result<Committed, Failed> {
        let transaction = self
            .database
            .begin_serializable()
            .await
            .map_err(|error| Failed::AtOnce(error.into()))?;
        let (plan, jobs) = match self.inside(&transaction, competition, commands).await {
            Ok(done) => done,
            Err(fault) => {
                // Dropping it would roll back too, but later.
                if let Err(error) = transaction.rollback().await {
                    tracing::debug!(%error, "rollback failed; the database undoes it by itself");
                }
                return Err(Failed::Within(fault));
            }
        };
        let ended = if plan.writes_nothing() {
            transaction.rollback().await
        } else {
            transaction.commit().await
        };
        ended.map_err(|error| Failed::Within(error.into()))?;
        Ok(Committed {
            replies: plan.replies,
            book: plan.book,
            jobs,
        })
    }

    async fn inside(
        &self,
        transaction: &DatabaseTransaction,
        competition: CompetitionId,
        commands: &[Command],
    ) -> Result<(Plan, Vec<NewJob>), Fault> {
        // The clock is read under the row lock: who comes after the deadline is late, however long
        // the queue was.
        let book = load::lock(transaction, competition).await?;
        let now = self.clock.now();
        let snapshot = load::snapshot(transaction, book, commands, now).await?;
        let plan = decide(
            snapshot,
            commands,
            now,
            self.idempotency_ttl,
            RegistrationId::new,
        )?;
        let jobs = write::plan(transaction, competition, &plan, now).await?;
        Ok((plan, jobs))
    }
}

fn jittered(millis: u64) -> Duration {
    Duration::from_millis(millis / 2 + rand::random_range(0..=millis))
}
