//! [`Queue`] in one process. As long as the backlog: what bounds it is the outbox that fills it.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use super::locked;
use crate::{
    ops::Clock,
    store::ports::{Depth, Envelope, PortError, Queue},
};

pub(super) struct MemoryQueue {
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
    clock: Clock,
}

/// One queue.
#[derive(Default)]
struct Lane {
    jobs: Mutex<Jobs>,
    arrived: Notify,
}

#[derive(Default)]
struct Jobs {
    ready: VecDeque<Envelope>,
    workers: HashMap<String, Worker>,
    /// When each retry is due, to find it by job, ...
    due: HashMap<Envelope, DateTime<Utc>>,
    /// ... and in the order of time.
    delayed: BTreeSet<(DateTime<Utc>, Envelope)>,
}

struct Worker {
    beat: DateTime<Utc>,
    hands: VecDeque<Envelope>,
}

impl Jobs {
    fn worker(&mut self, name: &str, now: DateTime<Utc>) -> &mut Worker {
        self.workers.entry(name.to_owned()).or_insert(Worker {
            beat: now,
            hands: VecDeque::new(),
        })
    }

    fn take(&mut self, worker: &str, max: usize, now: DateTime<Utc>) -> Vec<Envelope> {
        let taken: Vec<_> = self.ready.drain(..max.min(self.ready.len())).collect();
        let worker = self.worker(worker, now);
        worker.hands.extend(taken.iter().cloned());
        taken
    }

    /// Takes one job out of a worker's hands; `false` if it was not there. Jobs are mostly ended
    /// in the order in which they were taken, so the search ends at once.
    fn let_go(&mut self, worker: &str, job: &Envelope) -> bool {
        let Some(worker) = self.workers.get_mut(worker) else {
            return false;
        };
        let place = worker.hands.iter().position(|held| held == job);
        place.and_then(|place| worker.hands.remove(place)).is_some()
    }

    fn put_first(&mut self, jobs: impl DoubleEndedIterator<Item = Envelope>) {
        for job in jobs.rev() {
            self.ready.push_front(job);
        }
    }
}

impl MemoryQueue {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            lanes: Mutex::default(),
            clock,
        }
    }

    /// Now, moved by a duration; the end of time where there is no such moment.
    fn after(&self, wait: Duration) -> DateTime<Utc> {
        let wait = TimeDelta::from_std(wait).ok();
        wait.and_then(|wait| self.clock.now().checked_add_signed(wait))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn lane(&self, queue: &str) -> Arc<Lane> {
        let mut lanes = locked(&self.lanes);
        Arc::clone(lanes.entry(queue.to_owned()).or_default())
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn push(&self, queue: &str, jobs: &[Envelope]) -> Result<(), PortError> {
        let lane = self.lane(queue);
        locked(&lane.jobs).ready.extend(jobs.iter().cloned());
        lane.arrived.notify_waiters();
        Ok(())
    }

    async fn take(
        &self,
        queue: &str,
        worker: &str,
        max: usize,
        patience: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        let lane = self.lane(queue);
        // Whoever wants nothing does not wait for it.
        let patience = if max == 0 { Duration::ZERO } else { patience };
        let deadline = Instant::now() + patience;
        loop {
            // Listening starts before looking, so that nothing arrives unnoticed in between.
            let arrived = lane.arrived.notified();
            let taken = locked(&lane.jobs).take(worker, max, self.clock.now());
            if !taken.is_empty() || timeout_at(deadline, arrived).await.is_err() {
                return Ok(taken);
            }
        }
    }

    async fn ack(&self, queue: &str, worker: &str, jobs: &[Envelope]) -> Result<(), PortError> {
        let lane = self.lane(queue);
        let mut all = locked(&lane.jobs);
        for job in jobs {
            all.let_go(worker, job);
        }
        Ok(())
    }

    async fn delay(
        &self,
        queue: &str,
        worker: &str,
        held: &Envelope,
        job: &Envelope,
        wait: Duration,
    ) -> Result<(), PortError> {
        let due = self.after(wait);
        let lane = self.lane(queue);
        let mut all = locked(&lane.jobs);
        if all.let_go(worker, held) {
            if let Some(before) = all.due.insert(job.clone(), due) {
                all.delayed.remove(&(before, job.clone()));
            }
            all.delayed.insert((due, job.clone()));
        }
        Ok(())
    }

    async fn give_back(
        &self,
        queue: &str,
        worker: &str,
        jobs: &[Envelope],
    ) -> Result<(), PortError> {
        let lane = self.lane(queue);
        let mut all = locked(&lane.jobs);
        let held: Vec<_> = jobs
            .iter()
            .filter(|job| all.let_go(worker, job))
            .cloned()
            .collect();
        all.put_first(held.into_iter());
        lane.arrived.notify_waiters();
        Ok(())
    }

    async fn promote_due(&self, queue: &str, max: usize) -> Result<usize, PortError> {
        let now = self.clock.now();
        let lane = self.lane(queue);
        let mut all = locked(&lane.jobs);
        let mut moved = 0;
        while moved < max && all.delayed.first().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, job)) = all.delayed.pop_first() {
                all.due.remove(&job);
                all.ready.push_back(job);
                moved += 1;
            }
        }
        lane.arrived.notify_waiters();
        Ok(moved)
    }

    async fn heartbeat(&self, queue: &str, worker: &str) -> Result<(), PortError> {
        let now = self.clock.now();
        let lane = self.lane(queue);
        locked(&lane.jobs).worker(worker, now).beat = now;
        Ok(())
    }

    async fn reap(&self, queue: &str, silence: Duration) -> Result<usize, PortError> {
        let now = self.clock.now();
        let lane = self.lane(queue);
        let mut all = locked(&lane.jobs);
        let dead: Vec<_> = all
            .workers
            .extract_if(|_, worker| {
                (now - worker.beat)
                    .to_std()
                    .is_ok_and(|silent| silent > silence)
            })
            .flat_map(|(_, worker)| worker.hands)
            .collect();
        let returned = dead.len();
        all.put_first(dead.into_iter());
        lane.arrived.notify_waiters();
        Ok(returned)
    }

    async fn depth(&self, queue: &str) -> Result<Depth, PortError> {
        let lane = self.lane(queue);
        let all = locked(&lane.jobs);
        let in_hand: usize = all.workers.values().map(|worker| worker.hands.len()).sum();
        let now = self.clock.now();
        let due = all.delayed.iter().take_while(|(due, _)| *due <= now);
        Ok(Depth {
            ready: all.ready.len() as u64,
            in_hand: in_hand as u64,
            delayed: all.delayed.len() as u64,
            due: due.count() as u64,
        })
    }
}
