//! A queue that also notes who said when that they live.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use mini_compete::store::ports::{Depth, Envelope, PortError, Queue};

type Name = (String, String);

/// The application's queue, watched.
pub struct Heartbeats {
    queue: Arc<dyn Queue>,
    last: Mutex<HashMap<Name, DateTime<Utc>>>,
}

impl Heartbeats {
    pub fn of(queue: &Arc<dyn Queue>) -> Arc<Self> {
        Arc::new(Self {
            queue: Arc::clone(queue),
            last: Mutex::default(),
        })
    }

    /// How many of a queue's workers have said since `moment` that they live.
    pub fn since(&self, queue: &str, moment: DateTime<Utc>) -> usize {
        let last = self.last.lock().unwrap();
        let ours = last.iter().filter(|((of, _), _)| of == queue);
        ours.filter(|(_, at)| **at >= moment).count()
    }
}

#[async_trait]
impl Queue for Heartbeats {
    async fn heartbeat(
        &self,
        queue: &str,
        worker: &str,
        now: DateTime<Utc>,
    ) -> Result<(), PortError> {
        self.queue.heartbeat(queue, worker, now).await?;
        let name = (queue.to_owned(), worker.to_owned());
        self.last.lock().unwrap().insert(name, now);
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
        due: DateTime<Utc>,
    ) -> Result<(), PortError> {
        self.queue.delay(queue, worker, held, job, due).await
    }

    async fn give_back(
        &self,
        queue: &str,
        worker: &str,
        jobs: &[Envelope],
    ) -> Result<(), PortError> {
        self.queue.give_back(queue, worker, jobs).await
    }

    async fn promote_due(
        &self,
        queue: &str,
        now: DateTime<Utc>,
        max: usize,
    ) -> Result<usize, PortError> {
        self.queue.promote_due(queue, now, max).await
    }

    async fn reap(&self, queue: &str, dead_before: DateTime<Utc>) -> Result<usize, PortError> {
        self.queue.reap(queue, dead_before).await
    }

    async fn depth(&self, queue: &str) -> Result<Depth, PortError> {
        self.queue.depth(queue).await
    }
}
