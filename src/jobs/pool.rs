//! The task pool: workers that live, beat, and stop when they are told to.
//!
//! A worker's name stands for one *life*. It beats from its first breath, also while a long batch
//! runs. If it can neither end its jobs nor give them back (the queue is away), it begins another
//! life: the old name falls silent, and what it held is reaped.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{
    Queues,
    worker::{BATCH, Claimant, Worker},
};
use crate::store::ports::PortError;

/// How long a worker waits at an empty list before it looks around; also how long stopping takes
/// when nothing is in hand.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often due retries are moved and dead colleagues looked for.
const HOUSEKEEPING: Duration = Duration::from_millis(500);
/// How long a worker rests when database or queue are away.
const REST: Duration = Duration::from_millis(500);

/// By which the living are told from the dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// How often a worker says that it lives.
    pub beat: Duration,
    /// Silent for so long is dead.
    pub dead_after: Duration,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self {
            beat: Duration::from_secs(2),
            dead_after: Duration::from_secs(15),
        }
    }
}

/// How a life ended.
enum End {
    /// Told to stop.
    Stopped,
    /// Jobs are in hand that can't be ended or given back.
    LostGrip,
}

impl Worker {
    /// Runs workers, `tasks(queue)` for each queue, until `stop`; each finishes what it has in hand.
    pub fn spawn(
        &self,
        tasks: impl Fn(&str) -> usize,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) {
        for queue in Queues::ALL {
            for _ in 0..tasks(queue) {
                let (worker, stop) = (self.clone(), stop.clone());
                tracker.spawn(async move { worker.lives(queue, &stop).await });
            }
            let (worker, stop) = (self.clone(), stop.clone());
            tracker.spawn(async move { worker.look_around(queue, &stop).await });
        }
    }

    /// One life after the other.
    async fn lives(&self, queue: &'static str, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let name = Uuid::now_v7().simple().to_string();
            let life = {
                let (worker, stop) = (self.clone(), stop.clone());
                // A task of its own: should it ever panic, the next life begins.
                tokio::spawn(async move {
                    let claimant = Claimant { queue, name: &name };
                    tokio::select! {
                        end = worker.live(&claimant, &stop) => end,
                        end = worker.beat(&claimant) => end,
                    }
                })
            };
            match life.await {
                Ok(End::Stopped) => return,
                Ok(End::LostGrip) => tracing::debug!(queue, "jobs in hand are left to the reaper"),
                Err(error) => tracing::error!(%error, queue, "a worker died; another takes over"),
            }
        }
    }

    async fn live(&self, claimant: &Claimant<'_>, stop: &CancellationToken) -> End {
        let mut born = false;
        while !stop.is_cancelled() {
            // The first beat comes before the first job.
            if !born {
                born = self.heartbeat(claimant).await.is_ok();
                if !born {
                    tokio::time::sleep(REST).await;
                    continue;
                }
            }
            // Not cut short by `stop`: what is on its way here would have to be reaped.
            let taken = match self.take(claimant, PATIENCE).await {
                Ok(taken) => taken,
                Err(error) => {
                    tracing::warn!(%error, queue = claimant.queue, "the worker rests");
                    tokio::time::sleep(REST).await;
                    // The answer may have been lost on its way, and jobs with it: they are in the
                    // hands of this name, and its heartbeat would keep them there for ever.
                    return End::LostGrip;
                }
            };
            if let Err(fault) = self.batch(claimant, &taken, stop).await {
                tracing::warn!(%fault, queue = claimant.queue, "the worker rests");
                // Whatever of it is still in hand; the rest is not ours any more.
                let given_back = self
                    .queue
                    .give_back(claimant.queue, claimant.name, &taken)
                    .await;
                tokio::time::sleep(REST).await;
                if given_back.is_err() {
                    return End::LostGrip;
                }
            }
        }
        End::Stopped
    }

    /// Beats, beside whatever the worker does.
    async fn beat(&self, claimant: &Claimant<'_>) -> End {
        loop {
            tokio::time::sleep(self.heartbeat.beat).await;
            if let Err(error) = self.heartbeat(claimant).await {
                tracing::debug!(%error, "no heartbeat this time");
            }
        }
    }

    async fn heartbeat(&self, claimant: &Claimant<'_>) -> Result<(), PortError> {
        self.queue.heartbeat(claimant.queue, claimant.name).await
    }

    async fn look_around(&self, queue: &'static str, stop: &CancellationToken) {
        loop {
            if let Err(error) = self.tidy(queue, stop).await {
                tracing::debug!(%error, queue, "housekeeping waits");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(HOUSEKEEPING) => {}
            }
        }
    }

    /// Moves retries whose time has come, and returns the jobs of dead workers; after `stop` no
    /// further batch is moved.
    ///
    /// # Errors
    /// When the queue is away.
    pub async fn tidy(
        &self,
        queue: &'static str,
        stop: &CancellationToken,
    ) -> Result<(), PortError> {
        while self.queue.promote_due(queue, BATCH).await? == BATCH && !stop.is_cancelled() {}
        let returned = self.queue.reap(queue, self.heartbeat.dead_after).await?;
        if returned > 0 {
            tracing::warn!(queue, returned, "jobs of a dead worker are ready again");
        }
        let depth = self.queue.depth(queue).await?;
        #[allow(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("mc_queue_depth", "queue" => queue).set(depth.total() as f64);
        Ok(())
    }
}
