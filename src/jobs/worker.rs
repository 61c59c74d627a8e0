//! What one worker does with a batch of jobs.
//!
//! Read what the envelopes say, lock the outbox rows, let the handlers work, end the jobs (done,
//! retry, dead letter) and commit, all in one transaction; then acknowledge. A group that fails as
//! a whole is tried again in halves, so that one poisoned job harms no other.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    Handlers, Queues,
    bounded::{self, Cut},
    dead_letters, effect,
    failpoint::{self, Point},
    finish::{self, Finish, Retry},
    handler::Hands,
    outbox,
    pool::Pulse,
    read::{self, Nonsense, Read},
    retry::Policies,
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
    pub policies: Policies,
    /// How long one job (or a batch of quick ones) may take.
    pub timeout: Duration,
    /// By which colleagues see that it lives.
    pub pulse: Pulse,
}

/// Whose hands jobs are in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hand<'a> {
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
            let hand = Hand { queue, name };
            self.queue.heartbeat(queue, name).await?;
            self.queue.promote_due(queue, BATCH).await?;
            let jobs = self.take(&hand, Duration::ZERO).await?;
            count += jobs.len();
            self.batch(&hand, &jobs, &CancellationToken::new()).await?;
        }
        Ok(count)
    }

    pub(super) async fn take(
        &self,
        hand: &Hand<'_>,
        patience: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        let most = if hand.queue == Queues::MAIL {
            SLOW_BATCH
        } else {
            BATCH
        };
        self.queue.take(hand.queue, hand.name, most, patience).await
    }

    /// Does what was taken. After the word to stop, what is not begun is given back.
    ///
    /// # Errors
    /// When database or queue are away. What is not done is still in hand then.
    pub(super) async fn batch(
        &self,
        hand: &Hand<'_>,
        taken: &[Envelope],
        stop: &CancellationToken,
    ) -> Result<(), InfrastructureError> {
        if taken.is_empty() {
            return Ok(());
        }
        failpoint::reach(Point::AfterTake).await;
        let (jobs, nonsense) = read::sort(hand.queue, taken);
        if !nonsense.is_empty() {
            self.bury(hand, nonsense).await?;
        }
        for group in read::by_kind(jobs) {
            self.group(hand, &group, stop).await?;
        }
        Ok(())
    }

    /// One kind's jobs.
    async fn group(
        &self,
        hand: &Hand<'_>,
        group: &[Read],
        stop: &CancellationToken,
    ) -> Result<(), InfrastructureError> {
        let Some(first) = group.first() else {
            return Ok(());
        };
        match self.handlers.of(first.job.kind) {
            Some(Hands::Effect(effect)) => effect::all(self, hand, effect, group, stop).await,
            Some(Hands::Rows(handler)) => {
                for part in group.chunks(handler.at_once().max(1)) {
                    self.rows(hand, part, stop, TimeLimits::ORDINARY).await?;
                }
                Ok(())
            }
            // Another process may know: a mail job where no relay is set, say.
            None => {
                let why = format!("nobody here does {}", first.job.kind);
                let finish = Finish::failed(self, group, &why).await?;
                self.settle(hand, group, finish).await
            }
        }
    }

    /// Together, or in halves if that fails.
    async fn rows(
        &self,
        hand: &Hand<'_>,
        group: &[Read],
        stop: &CancellationToken,
        limits: TimeLimits,
    ) -> Result<(), InfrastructureError> {
        if stop.is_cancelled() {
            return self.give_back(hand, group).await;
        }
        match self.attempt(group, limits, stop).await {
            Ok(finish) => self.settle(hand, group, finish).await,
            Err(Attempt::Away(fault)) => Err(fault),
            Err(Attempt::Interrupted) => self.give_back(hand, group).await,
            Err(failed) if group.len() > 1 => {
                // Once a row is known to be held, finding out whose job needs it must not take long.
                let limits = match failed {
                    Attempt::Contended(_) => limits.with_lock(BRIEF),
                    _ => limits,
                };
                let (one, other) = group.split_at(group.len() / 2);
                Box::pin(self.rows(hand, one, stop, limits)).await?;
                Box::pin(self.rows(hand, other, stop, limits)).await
            }
            // Not the job's fault: it does not count as an attempt.
            Err(Attempt::Contended(fault)) => {
                tracing::warn!(%fault, queue = hand.queue, "a job waits for another transaction");
                let ids = group.iter().map(|read| &read.job.id);
                let finish = Finish::held(ids);
                self.settle(hand, group, finish).await
            }
            Err(Attempt::Failed(why)) => {
                let finish = Finish::failed(self, group, &why).await?;
                self.settle(hand, group, finish).await
            }
        }
    }

    /// Runs the handler in a transaction, bounded in time, panics caught.
    async fn attempt(
        &self,
        group: &[Read],
        limits: TimeLimits,
        stop: &CancellationToken,
    ) -> Result<Finish, Attempt> {
        let begun = std::time::Instant::now();
        let kind = group.first().map_or("none", |read| read.job.kind.as_str());
        let work = {
            let (worker, group) = (self.clone(), group.to_vec());
            async move {
                let handler = match group.first().map(|read| worker.handlers.of(read.job.kind)) {
                    Some(Some(Hands::Rows(handler))) => Arc::clone(handler),
                    _ => return Ok(Finish::default()),
                };
                Finish::work(&worker, &*handler, &group, limits).await
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
        hand: &Hand<'_>,
        group: &[Read],
        finish: Finish,
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
        self.queue.ack(hand.queue, hand.name, &done).await?;
        for Retry { job, wait } in &finish.retries {
            if let Some(read) = group.iter().find(|read| read.job.id == *job) {
                let (envelope, wait) = (&read.envelope, wait.to_std().unwrap_or_default());
                self.queue
                    .delay(hand.queue, hand.name, envelope, envelope, wait)
                    .await?;
            }
        }
        if !finish.born.is_empty() {
            outbox::push(&*self.queue, &finish.born).await?;
        }
        Ok(())
    }

    pub(super) async fn give_back(
        &self,
        hand: &Hand<'_>,
        group: &[Read],
    ) -> Result<(), InfrastructureError> {
        let envelopes: Vec<_> = group.iter().map(|read| read.envelope.clone()).collect();
        self.queue
            .give_back(hand.queue, hand.name, &envelopes)
            .await?;
        Ok(())
    }

    /// What is no job of ours becomes a dead letter, and its row, if it has one, goes: the relay
    /// would push it again and again.
    async fn bury(
        &self,
        hand: &Hand<'_>,
        nonsense: Vec<Nonsense>,
    ) -> Result<(), InfrastructureError> {
        let letters: Vec<_> = nonsense.iter().map(|n| n.letter.clone()).collect();
        let ids: Vec<_> = letters
            .iter()
            .filter_map(|l| l.job_id.parse().ok())
            .collect();
        let transaction = self.database.begin().await?;
        finish::forget(&transaction, &ids).await?;
        dead_letters::bury(&transaction, &letters, self.clock.now()).await?;
        transaction.commit().await?;
        dead_letters::announce(&letters);
        let envelopes: Vec<_> = nonsense.into_iter().map(|n| n.envelope).collect();
        self.queue.ack(hand.queue, hand.name, &envelopes).await?;
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
