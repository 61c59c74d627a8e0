//! What one worker does with a batch of jobs.
//!
//! 1. Decode the envelopes; what is not a job becomes a dead letter.
//! 2. For each kind, in one transaction: lock the outbox rows, let the handler work, complete the
//!    jobs (done, retry or dead letter) and commit.
//! 3. Acknowledge the jobs in the queue.
//!
//! A group that fails as a whole is tried again in halves, so that one bad job harms no other.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    bounded::{self, Interruption},
    completion::{self, Completion},
    context::{Claimant, Context},
    dead_letters,
    decode::{self, DecodedJob, InvalidEnvelope},
    effect,
    failpoint::{self, Point},
    handler::{Handler, Handlers, RegisteredHandler},
    kind::Queues,
    span,
};
use crate::store::{
    ErrorKind, InfrastructureError, TimeLimits,
    ports::{Envelope, PortError},
};

/// The number of jobs that a worker claims at once.
pub const BATCH: usize = 200;
/// The same for mail and webhooks, where each job takes long: a worker that crashes then delays few jobs.
const MAIL_BATCH: usize = 16;

/// How long a transaction waits for a lock when a group is halved because a row is locked.
const SHORT_LOCK_WAIT: Duration = Duration::from_millis(10);

/// How workers show that they are alive, and when they count as crashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// The time between two heartbeats of a worker.
    pub interval: Duration,
    /// A worker without a heartbeat for this long counts as crashed; its jobs become ready again.
    pub dead_after: Duration,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(2),
            dead_after: Duration::from_secs(15),
        }
    }
}

/// What workers are built from. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    /// The database, queue, clock and limits.
    pub context: Context,
    /// The handlers of this process, by kind.
    pub handlers: Handlers,
    /// How workers show that they are alive.
    pub heartbeat: Heartbeat,
}

impl Worker {
    /// Claims and runs one batch of every queue, and nothing else: this is how tests drive the pool.
    /// Returns the number of jobs that were claimed.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database or the queue is unavailable.
    pub async fn tick(&self) -> Result<usize, InfrastructureError> {
        let mut count = 0;
        let queue_port = &self.context.queue;
        self.context.pauses.refresh().await?;
        for queue in Queues::ALL {
            let waits = self.context.pace.wait(queue, self.context.clock.now());
            if !self.context.pauses.admits(queue) || waits.is_some() {
                continue;
            }
            let worker = "tick";
            let claimant = Claimant { queue, worker };
            queue_port.heartbeat(queue, worker).await?;
            queue_port.promote_due(queue, BATCH).await?;
            let envelopes = self.claim(&claimant, Duration::ZERO).await?;
            count += envelopes.len();
            self.run_batch(&claimant, &envelopes, &CancellationToken::new())
                .await?;
        }
        Ok(count)
    }

    /// Claims a batch; waits up to `wait` for the first job.
    pub(super) async fn claim(
        &self,
        claimant: &Claimant<'_>,
        wait: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        let limit = if Queues::waits_for_others(claimant.queue) {
            MAIL_BATCH
        } else {
            BATCH
        };
        self.context
            .queue
            .take(claimant.queue, claimant.worker, limit, wait)
            .await
    }

    /// Runs the claimed jobs. After the shutdown signal, jobs that are not begun are given back.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database or the queue is unavailable. The claimant
    /// still holds the jobs that are not completed.
    pub(super) async fn run_batch(
        &self,
        claimant: &Claimant<'_>,
        envelopes: &[Envelope],
        shutdown: &CancellationToken,
    ) -> Result<(), InfrastructureError> {
        if envelopes.is_empty() {
            return Ok(());
        }
        failpoint::reach(Point::AfterTake).await;
        let (jobs, invalid) = decode::decode(claimant.queue, envelopes, &self.context.job_kinds);
        if !invalid.is_empty() {
            self.reject(claimant, invalid).await?;
        }
        for group in decode::group_by_kind(jobs) {
            self.run_group(claimant, &group, shutdown).await?;
        }
        Ok(())
    }

    /// Runs jobs of one kind.
    async fn run_group(
        &self,
        claimant: &Claimant<'_>,
        group: &[DecodedJob],
        shutdown: &CancellationToken,
    ) -> Result<(), InfrastructureError> {
        let Some(first) = group.first() else {
            return Ok(());
        };
        let kind = first.job.kind;
        match self.handlers.get(kind) {
            Some(RegisteredHandler::Effect(effect)) => {
                effect::run_group(&self.context, claimant, effect, group, shutdown).await
            }
            Some(RegisteredHandler::Transactional(handler)) => {
                for part in group.chunks(handler.max_batch_size().max(1)) {
                    let limits = TimeLimits::ORDINARY;
                    self.run_transaction(claimant, handler, part, shutdown, limits)
                        .await?;
                }
                Ok(())
            }
            // Another process may have a handler: a mail job where no SMTP server is set, for example.
            None => {
                let error = format!("no handler for {kind} in this process");
                let completion = Completion::of_failed(&self.context, group, &error);
                async {
                    completion
                        .await?
                        .settle(&self.context, claimant, group)
                        .await
                }
                .instrument(span::of_group(claimant, group))
                .await
            }
        }
    }

    /// Runs a group in one transaction, or in halves if that fails.
    async fn run_transaction(
        &self,
        claimant: &Claimant<'_>,
        handler: &Arc<dyn Handler>,
        group: &[DecodedJob],
        shutdown: &CancellationToken,
        limits: TimeLimits,
    ) -> Result<(), InfrastructureError> {
        if shutdown.is_cancelled() {
            return Ok(self.context.give_back(claimant, group).await?);
        }
        let ended = self
            .try_group(claimant, handler, group, shutdown, limits)
            .instrument(span::of_group(claimant, group))
            .await?;
        let GroupEnd::Split(limits) = ended else {
            return Ok(());
        };
        let (first, second) = group.split_at(group.len() / 2);
        Box::pin(self.run_transaction(claimant, handler, first, shutdown, limits)).await?;
        Box::pin(self.run_transaction(claimant, handler, second, shutdown, limits)).await
    }

    /// Runs a group in one transaction and completes its jobs, or returns that it must be split.
    async fn try_group(
        &self,
        claimant: &Claimant<'_>,
        handler: &Arc<dyn Handler>,
        group: &[DecodedJob],
        shutdown: &CancellationToken,
        limits: TimeLimits,
    ) -> Result<GroupEnd, InfrastructureError> {
        let context = &self.context;
        let completion = match self.attempt(handler, group, limits, shutdown).await {
            Ok(completion) => completion,
            Err(GroupError::Unavailable(error)) => return Err(error),
            Err(GroupError::Interrupted) => {
                context.give_back(claimant, group).await?;
                return Ok(GroupEnd::Settled);
            }
            Err(error) if group.len() > 1 => {
                // Once a row is known to be locked, finding the job that needs it must not take long.
                return Ok(GroupEnd::Split(match error {
                    GroupError::Contended(_) => limits.with_lock(SHORT_LOCK_WAIT),
                    _ => limits,
                }));
            }
            // The job is not the cause: this does not count as an attempt.
            Err(GroupError::Contended(error)) => {
                let ids = || group.iter().map(|job| &job.job.id);
                for id in ids() {
                    tracing::warn!(%error, "Job {id} is tried again later: another transaction holds a row that it needs");
                }
                Completion::of_locked(ids())
            }
            Err(GroupError::Failed(error)) => Completion::of_failed(context, group, &error).await?,
        };
        completion.settle(context, claimant, group).await?;
        Ok(GroupEnd::Settled)
    }

    /// Runs the handler in a transaction of bounded time; catches panics.
    async fn attempt(
        &self,
        handler: &Arc<dyn Handler>,
        group: &[DecodedJob],
        limits: TimeLimits,
        shutdown: &CancellationToken,
    ) -> Result<Completion, GroupError> {
        let started = std::time::Instant::now();
        let work = {
            let (context, handler) = (self.context.clone(), Arc::clone(handler));
            let group = group.to_vec();
            async move { Completion::of_handled(&context, &*handler, &group, limits).await }
        };
        let result = match bounded::run(work, self.context.job_timeout, shutdown).await {
            Ok(Ok(completion)) => Ok(completion),
            Ok(Err(error)) => Err(match error.kind() {
                ErrorKind::Unavailable => GroupError::Unavailable(error),
                ErrorKind::LockTimeout | ErrorKind::Conflict => GroupError::Contended(error),
                _ => GroupError::Failed(error.to_string()),
            }),
            Err(Interruption::Failed(error)) => Err(GroupError::Failed(error)),
            Err(Interruption::Shutdown) => Err(GroupError::Interrupted),
        };
        let kind = group.first().map_or("none", |job| job.job.kind.name);
        #[allow(clippy::cast_precision_loss, reason = "at most a batch")]
        let each = started.elapsed().as_secs_f64() / group.len().max(1) as f64;
        metrics::histogram!("mc_job_duration_seconds", "kind" => kind)
            .record_many(each, group.len());
        result
    }

    /// Turns envelopes that hold no job into dead letters. A row with the same id is deleted, or the
    /// relay would push it again and again.
    async fn reject(
        &self,
        claimant: &Claimant<'_>,
        invalid: Vec<InvalidEnvelope>,
    ) -> Result<(), InfrastructureError> {
        let (envelopes, letters): (Vec<_>, Vec<_>) = invalid
            .into_iter()
            .map(|invalid| (invalid.envelope, invalid.dead_letter))
            .unzip();
        let ids: Vec<_> = letters
            .iter()
            .filter_map(|letter| letter.job_id.parse().ok())
            .collect();
        let transaction = self.context.database.begin().await?;
        completion::delete_rows(&transaction, &ids).await?;
        dead_letters::write(&transaction, &letters, self.context.clock.now()).await?;
        transaction.commit().await?;
        dead_letters::report(&letters);
        self.context
            .queue
            .ack(claimant.queue, claimant.worker, &envelopes)
            .await?;
        Ok(())
    }
}

/// How an attempt at a group of jobs ended.
enum GroupEnd {
    /// The jobs are completed, or were given back to their queue.
    Settled,
    /// The transaction failed: each half of the group is to run in one of its own, within these limits.
    Split(TimeLimits),
}

/// Why a group of jobs was not completed.
enum GroupError {
    /// The database is unavailable. The jobs are not the cause, and this does not count as an attempt.
    Unavailable(InfrastructureError),
    /// A row was locked for too long, or another transaction won a conflict. The jobs are not the
    /// cause either.
    Contended(InfrastructureError),
    /// The handler failed, took too long or panicked.
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
