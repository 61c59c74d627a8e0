//! A queue that also notes who said when that they live.

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

type Name = (String, String);

/// The application's queue, watched.
pub struct Heartbeats {
    queue: Arc<dyn Queue>,
    clock: Clock,
    last: Mutex<HashMap<Name, DateTime<Utc>>>,
}

impl Heartbeats {
    pub fn of(app: &App) -> Arc<Self> {
        Arc::new(Self {
            queue: Arc::clone(&app.ports.queue),
            clock: app.clock.clone(),
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
