//! The task pool: workers that claim jobs, send heartbeats, and stop at the shutdown signal.
//!
//! A worker sends heartbeats under its name from the moment before its first claim, also while a
//! long batch runs. If it can neither complete its jobs nor give them back (the queue is
//! unavailable), the task starts again as a worker with a new name: the old name sends no more
//! heartbeats, and the queue returns the jobs that it held.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{
    context::Claimant,
    kind::Queues,
    worker::{BATCH, Worker},
};
use crate::store::ports::PortError;

/// How long a worker waits at an empty queue. Also how long it takes to stop while it is idle.
const CLAIM_WAIT: Duration = Duration::from_secs(1);
/// How often due retries are moved and the jobs of crashed workers are returned.
const MAINTENANCE_INTERVAL: Duration = Duration::from_millis(500);
/// How long a worker of a queue that has slowed down waits before it looks at the clock again.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// How long a worker pauses when the database or the queue is unavailable.
const PAUSE: Duration = Duration::from_millis(500);

/// Why a worker ended.
enum WorkerEnd {
    /// The shutdown signal came.
    Shutdown,
    /// The worker may hold jobs that it can neither complete nor give back.
    JobsLeftBehind,
}

impl Worker {
    /// Runs `tasks(queue)` workers for each queue until the shutdown signal. Each worker finishes
    /// the jobs that it has begun.
    pub fn spawn(
        &self,
        tasks: impl Fn(&str) -> usize,
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) {
        tracker.spawn(self.context.pauses.clone().run(shutdown.clone()));
        let database = self.context.database.clone();
        tracker.spawn(
            self.context
                .throughput
                .clone()
                .run(database, shutdown.clone()),
        );
        for queue in Queues::ALL {
            for _ in 0..tasks(queue) {
                let (worker, shutdown) = (self.clone(), shutdown.clone());
                tracker.spawn(async move { worker.run_task(queue, &shutdown).await });
            }
            let (worker, shutdown) = (self.clone(), shutdown.clone());
            tracker.spawn(async move { worker.run_maintenance(queue, &shutdown).await });
        }
    }

    /// Runs one worker after the other, each under a new name.
    async fn run_task(&self, queue: &'static str, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            let name = Uuid::now_v7().simple().to_string();
            let task = {
                let (worker, shutdown, name) = (self.clone(), shutdown.clone(), name.clone());
                // In a task of its own: if it panics, another worker starts.
                tokio::spawn(async move {
                    let claimant = Claimant {
                        queue,
                        worker: &name,
                    };
                    tokio::select! {
                        end = worker.run_batches(&claimant, &shutdown) => end,
                        end = worker.send_heartbeats(&claimant) => end,
                    }
                })
            };
            match task.await {
                Ok(WorkerEnd::Shutdown) => return,
                Ok(WorkerEnd::JobsLeftBehind) => tracing::debug!(
                    queue.name = queue,
                    worker.id = name,
                    "Worker {name} of queue {queue} ends; a new one starts, and the queue returns its jobs"
                ),
                Err(error) => tracing::error!(
                    %error, queue.name = queue, worker.id = name,
                    "Worker {name} of queue {queue} panicked; another one starts"
                ),
            }
        }
    }

    async fn run_batches(
        &self,
        claimant: &Claimant<'_>,
        shutdown: &CancellationToken,
    ) -> WorkerEnd {
        let mut announced = false;
        while !shutdown.is_cancelled() {
            // The first heartbeat comes before the first job.
            if !announced {
                announced = self.send_heartbeat(claimant).await.is_ok();
                if !announced {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            }
            let pauses = &self.context.pauses;
            if !pauses.admits(claimant.queue) {
                pauses.admission(claimant.queue, shutdown).await;
                continue;
            }
            let now = self.context.clock.now();
            if let Some(wait) = self.context.pace.wait(claimant.queue, now) {
                let wait = wait.to_std().unwrap_or_default().min(LONGEST_WAIT);
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = tokio::time::sleep(wait) => {}
                }
                continue;
            }
            // Not interrupted by the shutdown signal: the queue may be sending jobs already, and they
            // would wait until this worker counts as crashed.
            let envelopes = match self.claim(claimant, CLAIM_WAIT).await {
                Ok(envelopes) => envelopes,
                Err(error) => {
                    tracing::warn!(
                        %error, queue.name = claimant.queue, worker.id = claimant.worker,
                        "Could not claim jobs of queue {}; the worker pauses", claimant.queue
                    );
                    tokio::time::sleep(PAUSE).await;
                    // The queue may have assigned jobs to this name although the response was lost; further
                    // heartbeats would keep them assigned for ever.
                    return WorkerEnd::JobsLeftBehind;
                }
            };
            // The queue was paused while this worker waited for a job.
            if !pauses.admits(claimant.queue) && !envelopes.is_empty() {
                let queue = &self.context.queue;
                let given_back = queue.give_back(claimant.queue, claimant.worker, &envelopes);
                if given_back.await.is_err() {
                    return WorkerEnd::JobsLeftBehind;
                }
                continue;
            }
            if let Err(error) = self.run_batch(claimant, &envelopes, shutdown).await {
                tracing::warn!(
                    %error, queue.name = claimant.queue, worker.id = claimant.worker,
                    "Could not complete jobs of queue {}; the worker pauses", claimant.queue
                );
                // The jobs of the batch that this worker still holds; the others are completed.
                let given_back = self
                    .context
                    .queue
                    .give_back(claimant.queue, claimant.worker, &envelopes)
                    .await;
                tokio::time::sleep(PAUSE).await;
                if given_back.is_err() {
                    return WorkerEnd::JobsLeftBehind;
                }
            }
        }
        WorkerEnd::Shutdown
    }

    /// Sends heartbeats, concurrently with the worker's jobs; never returns.
    async fn send_heartbeats(&self, claimant: &Claimant<'_>) -> WorkerEnd {
        loop {
            tokio::time::sleep(self.heartbeat.interval).await;
            if let Err(error) = self.send_heartbeat(claimant).await {
                tracing::debug!(
                    %error, queue.name = claimant.queue, worker.id = claimant.worker,
                    "Could not send the heartbeat of a worker of queue {}", claimant.queue
                );
            }
        }
    }

    async fn send_heartbeat(&self, claimant: &Claimant<'_>) -> Result<(), PortError> {
        self.context
            .queue
            .heartbeat(claimant.queue, claimant.worker)
            .await
    }

    async fn run_maintenance(&self, queue: &'static str, shutdown: &CancellationToken) {
        loop {
            if let Err(error) = self.maintain(queue, shutdown).await {
                tracing::debug!(%error, queue.name = queue, "Could not return due and abandoned jobs to queue {queue}");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(MAINTENANCE_INTERVAL) => {}
            }
        }
    }

    /// Makes due retries and the jobs of crashed workers ready, and measures the queue's depth.
    /// After the shutdown signal no further batch of retries is moved.
    ///
    /// # Errors
    /// Returns a [`PortError`] if the queue is unavailable.
    pub async fn maintain(
        &self,
        queue: &'static str,
        shutdown: &CancellationToken,
    ) -> Result<(), PortError> {
        let port = &self.context.queue;
        while port.promote_due(queue, BATCH).await? == BATCH && !shutdown.is_cancelled() {}
        let returned = port.reap(queue, self.heartbeat.dead_after).await?;
        if returned > 0 {
            tracing::warn!(
                queue.name = queue,
                jobs = returned,
                "Returned {returned} jobs of crashed workers to queue {queue}"
            );
        }
        let depth = port.depth(queue).await?;
        #[allow(clippy::cast_precision_loss, reason = "a gauge")]
        metrics::gauge!("mc_queue_depth", "queue" => queue).set(depth.total() as f64);
        Ok(())
    }
}
