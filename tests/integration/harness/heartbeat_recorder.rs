//! A queue that records the heartbeats of its workers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use mini_compete::{
    ops::Clock,
    store::ports::{Depth, Envelope, PortError, Queue},
};

use super::App;

/// The names of a queue and of a worker.
type QueueAndWorker = (String, String);

/// Passes every call on to the queue of the application, and records the last heartbeat of each worker.
pub struct HeartbeatRecorder {
    queue: Arc<dyn Queue>,
    clock: Clock,
    last: Mutex<HashMap<QueueAndWorker, DateTime<Utc>>>,
}

impl HeartbeatRecorder {
    /// Wraps the queue of an application.
    pub fn new(app: &App) -> Arc<Self> {
        Arc::new(Self {
            queue: Arc::clone(&app.ports.queue),
            clock: app.clock.clone(),
            last: Mutex::default(),
        })
    }

    /// Returns how many workers of a queue have sent a heartbeat since `moment`.
    pub fn workers_alive_since(&self, queue: &str, moment: DateTime<Utc>) -> usize {
        let last = self.last.lock().unwrap();
        let of_queue = last.iter().filter(|((name, _), _)| name == queue);
        of_queue.filter(|(_, at)| **at >= moment).count()
    }
}

#[async_trait]
impl Queue for HeartbeatRecorder {
    async fn heartbeat(&self, queue: &str, worker: &str) -> Result<(), PortError> {
        self.queue.heartbeat(queue, worker).await?;
        let name = (queue.to_owned(), worker.to_owned());
        self.last.lock().unwrap().insert(name, self.clock.now());
        Ok(())
    }

    async fn push(&self, queue: &str, jobs: &[Envelope]) -> Result<(), PortError> {
        self.queue.push(queue, jobs).await
    }

    async fn take(
        &self,
        queue: &str,
        worker: &str,
        max: usize,
        patience: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        self.queue.take(queue, worker, max, patience).await
    }

    async fn ack(&self, queue: &str, worker: &str, jobs: &[Envelope]) -> Result<(), PortError> {
        self.queue.ack(queue, worker, jobs).await
    }

    async fn delay(
        &self,
        queue: &str,
        worker: &str,
        held: &Envelope,
        job: &Envelope,
        wait: Duration,
    ) -> Result<(), PortError> {
        self.queue.delay(queue, worker, held, job, wait).await
    }

    async fn give_back(
        &self,
        queue: &str,
        worker: &str,
        jobs: &[Envelope],
    ) -> Result<(), PortError> {
        self.queue.give_back(queue, worker, jobs).await
    }

    async fn promote_due(&self, queue: &str, max: usize) -> Result<usize, PortError> {
        self.queue.promote_due(queue, max).await
    }

    async fn reap(&self, queue: &str, silence: Duration) -> Result<usize, PortError> {
        self.queue.reap(queue, silence).await
    }

    async fn depth(&self, queue: &str) -> Result<Depth, PortError> {
        self.queue.depth(queue).await
    }
}
