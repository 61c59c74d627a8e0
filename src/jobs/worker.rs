//! The task pool: takes batches of jobs from the lists and does them.
//!
//! Per batch: read what the envelopes say, lock the outbox rows, let the handlers work, end the
//! jobs (done, retry, dead letter) and commit, all in one transaction; then acknowledge. A batch
//! that fails as a whole is tried job by job, so that one poisoned job harms no other.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{
    Handlers, Queues,
    finish::{Finish, Retry},
    outbox,
    read::{self, Read},
    retry::Policy,
};
use crate::{
    ops::Clock,
    store::{
        Database, Fault, Meaning,
        ports::{Envelope, PortError, Queue},
    },
};

/// Jobs taken at once.
pub const BATCH: usize = 200;
/// How long a worker waits at an empty list before it looks around.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often a worker says that it lives, moves due retries, and looks for dead colleagues.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Silent for so long is dead.
const DEAD_AFTER: TimeDelta = TimeDelta::seconds(15);
/// How long one batch may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a worker rests when database or queue are away.
const REST: Duration = Duration::from_millis(500);

/// What workers are built from.
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
    pub policy: Policy,
}

impl Worker {
    /// Runs `tasks` workers for each queue until `stop`; each finishes what it has in hand.
    pub fn spawn(&self, tasks: usize, tracker: &TaskTracker, stop: &CancellationToken) {
        for queue in Queues::ALL {
            for _ in 0..tasks {
                let (worker, stop) = (self.clone(), stop.clone());
                tracker.spawn(async move { worker.work(queue, &stop).await });
            }
            let (worker, stop) = (self.clone(), stop.clone());
            tracker.spawn(async move { worker.look_around(queue, &stop).await });
        }
    }

    async fn work(&self, queue: &'static str, stop: &CancellationToken) {
        let name = Uuid::now_v7().simple().to_string();
        let mut beat = tokio::time::Instant::now();
        while !stop.is_cancelled() {
            let taken = tokio::select! {
                // What was taken while stopping comes back by the reaper.
                () = stop.cancelled() => return,
                taken = self.queue.take(queue, &name, BATCH, PATIENCE) => taken,
            };
            let result = match taken {
                Ok(jobs) if jobs.is_empty() => Ok(()),
                Ok(jobs) => self.batch(queue, &name, jobs).await,
                Err(error) => Err(error.into()),
            };
            if let Err(fault) = result {
                tracing::warn!(%fault, queue, "the worker rests");
                tokio::time::sleep(REST).await;
            }
            if beat.elapsed() >= HEARTBEAT {
                beat = tokio::time::Instant::now();
                if let Err(error) = self.queue.heartbeat(queue, &name, self.clock.now()).await {
                    tracing::debug!(%error, "no heartbeat this time");
                }
            }
        }
    }

    /// Takes and does one batch of every queue, and nothing else: how tests drive the pool. Returns
    /// how many jobs were taken.
    ///
    /// # Errors
    /// When database or queue are away.
    pub async fn tick(&self) -> Result<usize, Fault> {
        let mut count = 0;
        for queue in Queues::ALL {
            self.queue
                .promote_due(queue, self.clock.now(), BATCH)
                .await?;
            let jobs = self
                .queue
                .take(queue, "tick", BATCH, Duration::ZERO)
                .await?;
            count += jobs.len();
            self.batch(queue, "tick", jobs).await?;
        }
        Ok(count)
    }

    async fn look_around(&self, queue: &'static str, stop: &CancellationToken) {
        loop {
            if let Err(error) = self.housekeeping(queue).await {
                tracing::debug!(%error, queue, "housekeeping waits");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(HEARTBEAT / 4) => {}
            }
        }
    }

    async fn housekeeping(&self, queue: &'static str) -> Result<(), PortError> {
        let now = self.clock.now();
        while self.queue.promote_due(queue, now, BATCH).await? == BATCH {}
        let returned = self.queue.reap(queue, now - DEAD_AFTER).await?;
        if returned > 0 {
            tracing::warn!(queue, returned, "jobs of a dead worker are ready again");
        }
        let depth = self.queue.depth(queue).await?;
        #[allow(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("mc_queue_depth", "queue" => queue).set(depth.total() as f64);
        Ok(())
    }

    async fn batch(
        &self,
        queue: &'static str,
        name: &str,
        taken: Vec<Envelope>,
    ) -> Result<(), Fault> {
        let (jobs, nonsense) = read::sort(queue, &taken);
        if !nonsense.is_empty() {
            self.bury(queue, name, nonsense).await?;
        }
        for group in read::by_kind(jobs) {
            self.group(queue, name, &group).await?;
        }
        Ok(())
    }

    /// One kind's jobs: together, or one by one if that fails.
    async fn group(&self, queue: &'static str, name: &str, group: &[Read]) -> Result<(), Fault> {
        match self.attempt(group).await {
            Ok(finish) => self.settle(queue, name, group, finish).await,
            Err(Attempt::Away(fault)) => {
                self.give_back(queue, name, group).await?;
                Err(fault)
            }
            Err(Attempt::Failed(_)) if group.len() > 1 => {
                for job in group {
                    Box::pin(self.group(queue, name, std::slice::from_ref(job))).await?;
                }
                Ok(())
            }
            Err(Attempt::Failed(why)) => {
                let finish = Finish::record_failure(self, group, &why).await?;
                self.settle(queue, name, group, finish).await
            }
        }
    }

    /// Runs the handler in a transaction, bounded in time, panics caught.
    async fn attempt(&self, group: &[Read]) -> Result<Finish, Attempt> {
        let begun = std::time::Instant::now();
        let kind = group.first().map_or("none", |read| read.job.kind.as_str());
        let work = {
            let (worker, group) = (self.clone(), group.to_vec());
            // A task of its own: a panic ends it, not the worker.
            tokio::spawn(async move {
                tokio::time::timeout(TIMEOUT, Finish::work(&worker, &group)).await
            })
        };
        let result = match work.await {
            Ok(Ok(Ok(finish))) => Ok(finish),
            Ok(Ok(Err(fault))) if matches!(fault.meaning(), Meaning::Away) => {
                Err(Attempt::Away(fault))
            }
            Ok(Ok(Err(fault))) => Err(Attempt::Failed(fault.to_string())),
            Ok(Err(_elapsed)) => Err(Attempt::Failed(format!(
                "took longer than {} s",
                TIMEOUT.as_secs()
            ))),
            Err(join) => Err(Attempt::Failed(format!("panicked: {join}"))),
        };
        metrics::histogram!("mc_job_duration_seconds", "kind" => kind)
            .record(begun.elapsed().as_secs_f64());
        result
    }

    /// After the commit: acknowledge, line up retries, push what was born.
    async fn settle(
        &self,
        queue: &'static str,
        name: &str,
        group: &[Read],
        finish: Finish,
    ) -> Result<(), Fault> {
        let done: Vec<_> = group
            .iter()
            .filter(|read| !finish.retries.iter().any(|r| r.job == read.job.id))
            .map(|read| read.envelope.clone())
            .collect();
        self.queue.ack(queue, name, &done).await?;
        for Retry { job, due } in &finish.retries {
            if let Some(read) = group.iter().find(|read| read.job.id == *job) {
                let envelope = &read.envelope;
                self.queue
                    .delay(queue, name, envelope, envelope, *due)
                    .await?;
            }
        }
        if !finish.born.is_empty() {
            outbox::push(&*self.queue, &finish.born).await?;
        }
        Ok(())
    }

    async fn give_back(
        &self,
        queue: &'static str,
        name: &str,
        group: &[Read],
    ) -> Result<(), Fault> {
        let envelopes: Vec<_> = group.iter().map(|read| read.envelope.clone()).collect();
        self.queue.give_back(queue, name, &envelopes).await?;
        Ok(())
    }

    async fn bury(
        &self,
        queue: &'static str,
        name: &str,
        nonsense: Vec<read::Nonsense>,
    ) -> Result<(), Fault> {
        let letters: Vec<_> = nonsense.iter().map(|n| n.letter.clone()).collect();
        super::dead_letters::bury(self.database.write(), &letters, self.clock.now()).await?;
        let envelopes: Vec<_> = nonsense.into_iter().map(|n| n.envelope).collect();
        self.queue.ack(queue, name, &envelopes).await?;
        Ok(())
    }
}

/// Why a group was not done.
enum Attempt {
    /// The database is away: not the jobs' fault, and it does not count.
    Away(Fault),
    /// Something about the jobs.
    Failed(String),
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("handlers", &self.handlers)
            .finish_non_exhaustive()
    }
}
