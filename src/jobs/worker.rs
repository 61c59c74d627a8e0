//! What one worker does with a batch of jobs.
//!
//! DecodedJob what the envelopes say, lock the outbox rows, let the handlers work, end the jobs (done,
//! retry, dead letter) and commit, all in one transaction; then acknowledge. A group that fails as
//! a whole is tried again in halves, so that one poisoned job harms no other.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    Handlers, Queues,
    bounded::{self, Cut},
    completion::{self, Completion, Retry},
    dead_letters,
    decode::{self, DecodedJob, InvalidEnvelope},
    effect,
    failpoint::{self, Point},
    handler::RegisteredHandler,
    outbox,
    pool::Heartbeat,
    retry::RetryPolicies,
};
use crate::{
    ops::Clock,
    store::{
        Database, ErrorKind, InfrastructureError, TimeLimits,
        ports::{Envelope, PortError, Queue},
    },
};

/// Jobs taken at once.
pub const BATCH: usize = 200;
/// The same where each job takes its time: whoever holds few loses few.
const SLOW_BATCH: usize = 16;

/// How long a transaction waits for a lock when a group is taken apart because a row is held.
const BRIEF: Duration = Duration::from_millis(10);

/// What workers are built from. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    /// Where jobs live.
    pub database: Database,
    /// Where they wait.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Clock,
    /// Who does what.
    pub handlers: Handlers,
    /// When to try again.
    pub policies: RetryPolicies,
    /// How long one job (or a batch of quick ones) may take.
    pub timeout: Duration,
    /// By which colleagues see that it lives.
    pub heartbeat: Heartbeat,
}

/// Whose hands jobs are in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claimant<'a> {
    /// Taken from this queue.
    pub queue: &'static str,
    /// By the worker of this name.
    pub name: &'a str,
}

impl Worker {
    /// Takes and does one batch of every queue, and nothing else: how tests drive the pool. Returns
    /// how many jobs were taken.
    ///
    /// # Errors
    /// When database or queue are away.
    pub async fn tick(&self) -> Result<usize, InfrastructureError> {
        let mut count = 0;
        for queue in Queues::ALL {
            let name = "tick";
            let claimant = Claimant { queue, name };
            self.queue.heartbeat(queue, name).await?;
            self.queue.promote_due(queue, BATCH).await?;
            let jobs = self.take(&claimant, Duration::ZERO).await?;
            count += jobs.len();
            self.batch(&claimant, &jobs, &CancellationToken::new())
                .await?;
        }
        Ok(count)
    }

    pub(super) async fn take(
        &self,
        claimant: &Claimant<'_>,
        patience: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        let most = if claimant.queue == Queues::MAIL {
            SLOW_BATCH
        } else {
            BATCH
        };
        self.queue
            .take(claimant.queue, claimant.name, most, patience)
            .await
    }

    /// Does what was taken. After the word to stop, what is not begun is given back.
    ///
    /// # Errors
    /// When database or queue are away. What is not done is still in hand then.
    pub(super) async fn batch(
        &self,
        claimant: &Claimant<'_>,
        taken: &[Envelope],
        stop: &CancellationToken,
    ) -> Result<(), InfrastructureError> {
        if taken.is_empty() {
            return Ok(());
        }
        failpoint::reach(Point::AfterTake).await;
        let (jobs, invalid) = decode::sort(claimant.queue, taken);
        if !invalid.is_empty() {
            self.bury(claimant, invalid).await?;
        }
        for group in decode::by_kind(jobs) {
            self.group(claimant, &group, stop).await?;
        }
        Ok(())
    }

    /// One kind's jobs.
    async fn group(
        &self,
        claimant: &Claimant<'_>,
        group: &[DecodedJob],
        stop: &CancellationToken,
    ) -> Result<(), InfrastructureError> {
        let Some(first) = group.first() else {
            return Ok(());
        };
        match self.handlers.of(first.job.kind) {
            Some(RegisteredHandler::Effect(effect)) => {
                effect::all(self, claimant, effect, group, stop).await
            }
            Some(RegisteredHandler::Transactional(handler)) => {
                for part in group.chunks(handler.at_once().max(1)) {
                    self.rows(claimant, part, stop, TimeLimits::ORDINARY)
                        .await?;
                }
                Ok(())
            }
            // Another process may know: a mail job where no relay is set, say.
            None => {
                let why = format!("nobody here does {}", first.job.kind);
                let finish = Completion::failed(self, group, &why).await?;
                self.settle(claimant, group, finish).await
            }
        }
    }

    /// Together, or in halves if that fails.
    async fn rows(
        &self,
        claimant: &Claimant<'_>,
        group: &[DecodedJob],
        stop: &CancellationToken,
        limits: TimeLimits,
    ) -> Result<(), InfrastructureError> {
        if stop.is_cancelled() {
            return self.give_back(claimant, group).await;
        }
        match self.attempt(group, limits, stop).await {
            Ok(finish) => self.settle(claimant, group, finish).await,
            Err(Attempt::Away(fault)) => Err(fault),
            Err(Attempt::Interrupted) => self.give_back(claimant, group).await,
            Err(failed) if group.len() > 1 => {
                // Once a row is known to be held, finding out whose job needs it must not take long.
                let limits = match failed {
                    Attempt::Contended(_) => limits.with_lock(BRIEF),
                    _ => limits,
                };
                let (one, other) = group.split_at(group.len() / 2);
                Box::pin(self.rows(claimant, one, stop, limits)).await?;
                Box::pin(self.rows(claimant, other, stop, limits)).await
            }
            // Not the job's fault: it does not count as an attempt.
            Err(Attempt::Contended(fault)) => {
                tracing::warn!(%fault, queue = claimant.queue, "a job waits for another transaction");
                let ids = group.iter().map(|read| &read.job.id);
                let finish = Completion::held(ids);
                self.settle(claimant, group, finish).await
            }
            Err(Attempt::Failed(why)) => {
                let finish = Completion::failed(self, group, &why).await?;
                self.settle(claimant, group, finish).await
            }
        }
    }

    /// Runs the handler in a transaction, bounded in time, panics caught.
    async fn attempt(
        &self,
        group: &[DecodedJob],
        limits: TimeLimits,
        stop: &CancellationToken,
    ) -> Result<Completion, Attempt> {
        let begun = std::time::Instant::now();
        let kind = group.first().map_or("none", |read| read.job.kind.as_str());
        let work = {
            let (worker, group) = (self.clone(), group.to_vec());
            async move {
                let handler = match group.first().map(|read| worker.handlers.of(read.job.kind)) {
                    Some(Some(RegisteredHandler::Transactional(handler))) => Arc::clone(handler),
                    _ => return Ok(Completion::default()),
                };
                Completion::work(&worker, &*handler, &group, limits).await
            }
        };
        let result = match bounded::run(work, self.timeout, stop).await {
            Ok(Ok(finish)) => Ok(finish),
            Ok(Err(fault)) => Err(match fault.kind() {
                ErrorKind::Unavailable => Attempt::Away(fault),
                ErrorKind::LockTimeout | ErrorKind::Conflict => Attempt::Contended(fault),
                _ => Attempt::Failed(fault.to_string()),
            }),
            Err(Cut::Failed(why)) => Err(Attempt::Failed(why)),
            Err(Cut::Shutdown) => Err(Attempt::Interrupted),
        };
        #[allow(clippy::cast_precision_loss, reason = "at most a batch")]
        let each = begun.elapsed().as_secs_f64() / group.len().max(1) as f64;
        metrics::histogram!("mc_job_duration_seconds", "kind" => kind)
            .record_many(each, group.len());
        result
    }

    /// After the commit: acknowledge, line up retries, push what was born, count.
    pub(super) async fn settle(
        &self,
        claimant: &Claimant<'_>,
        group: &[DecodedJob],
        finish: Completion,
    ) -> Result<(), InfrastructureError> {
        failpoint::reach(Point::BeforeAck).await;
        for (kind, outcome) in &finish.outcomes {
            metrics::counter!("mc_jobs_total", "kind" => kind.as_str(), "outcome" => *outcome)
                .increment(1);
        }
        dead_letters::announce(&finish.dead);
        let done: Vec<_> = group
            .iter()
            .filter(|read| !finish.retries.iter().any(|r| r.job == read.job.id))
            .map(|read| read.envelope.clone())
            .collect();
        self.queue.ack(claimant.queue, claimant.name, &done).await?;
        for Retry { job, wait } in &finish.retries {
            if let Some(read) = group.iter().find(|read| read.job.id == *job) {
                let (envelope, wait) = (&read.envelope, wait.to_std().unwrap_or_default());
                self.queue
                    .delay(claimant.queue, claimant.name, envelope, envelope, wait)
                    .await?;
            }
        }
        if !finish.new_jobs.is_empty() {
            outbox::push(&*self.queue, &finish.new_jobs).await?;
        }
        Ok(())
    }

    pub(super) async fn give_back(
        &self,
        claimant: &Claimant<'_>,
        group: &[DecodedJob],
    ) -> Result<(), InfrastructureError> {
        let envelopes: Vec<_> = group.iter().map(|read| read.envelope.clone()).collect();
        self.queue
            .give_back(claimant.queue, claimant.name, &envelopes)
            .await?;
        Ok(())
    }

    /// What is no job of ours becomes a dead letter, and its row, if it has one, goes: the relay
    /// would push it again and again.
    async fn bury(
        &self,
        claimant: &Claimant<'_>,
        invalid: Vec<InvalidEnvelope>,
    ) -> Result<(), InfrastructureError> {
        let letters: Vec<_> = invalid.iter().map(|n| n.letter.clone()).collect();
        let ids: Vec<_> = letters
            .iter()
            .filter_map(|l| l.job_id.parse().ok())
            .collect();
        let transaction = self.database.begin().await?;
        completion::forget(&transaction, &ids).await?;
        dead_letters::bury(&transaction, &letters, self.clock.now()).await?;
        transaction.commit().await?;
        dead_letters::announce(&letters);
        let envelopes: Vec<_> = invalid.into_iter().map(|n| n.envelope).collect();
        self.queue
            .ack(claimant.queue, claimant.name, &envelopes)
            .await?;
        Ok(())
    }
}

/// Why a group was not done.
enum Attempt {
    /// The database is away: not the jobs' fault, and it does not count.
    Away(InfrastructureError),
    /// A row that is needed was held for too long, or another transaction won against this one: not
    /// the jobs' fault either.
    Contended(InfrastructureError),
    /// Something about the jobs.
    Failed(String),
    /// The process is shutting down.
    Interrupted,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("handlers", &self.handlers)
            .finish_non_exhaustive()
    }
}
