//! [`Queue`] within one process. It has no bound of its own: the outbox, from which it is filled, has.

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

use super::mutex::locked;
use crate::{
    ops::Clock,
    store::ports::{Depth, Envelope, PortError, Queue},
};

pub(super) struct MemoryQueue {
    queues: Mutex<HashMap<String, Arc<JobQueue>>>,
    clock: Clock,
}

/// The queue of one name.
#[derive(Default)]
struct JobQueue {
    jobs: Mutex<JobLists>,
    arrived: Notify,
}

/// The jobs of a queue by state.
#[derive(Default)]
struct JobLists {
    ready: VecDeque<Envelope>,
    workers: HashMap<String, WorkerState>,
    /// The time of each delayed job, to find it by job.
    due: HashMap<Envelope, DateTime<Utc>>,
    /// The delayed jobs in the order of their times.
    delayed: BTreeSet<(DateTime<Utc>, Envelope)>,
}

/// A worker that has taken a job or sent a heartbeat.
struct WorkerState {
    last_heartbeat: DateTime<Utc>,
    held: VecDeque<Envelope>,
}

impl JobLists {
    fn worker(&mut self, name: &str, now: DateTime<Utc>) -> &mut WorkerState {
        self.workers.entry(name.to_owned()).or_insert(WorkerState {
            last_heartbeat: now,
            held: VecDeque::new(),
        })
    }

    fn take(&mut self, worker: &str, max: usize, now: DateTime<Utc>) -> Vec<Envelope> {
        let taken: Vec<_> = self.ready.drain(..max.min(self.ready.len())).collect();
        let worker = self.worker(worker, now);
        worker.held.extend(taken.iter().cloned());
        taken
    }

    /// Removes one job from those that a worker holds. Returns `false` if it was not held. Jobs mostly end
    /// in the order in which they were taken, so the search is short.
    fn remove_held(&mut self, worker: &str, job: &Envelope) -> bool {
        let Some(worker) = self.workers.get_mut(worker) else {
            return false;
        };
        let place = worker.held.iter().position(|held| held == job);
        place.and_then(|place| worker.held.remove(place)).is_some()
    }

    /// Puts jobs at the head of the ready list, in order.
    fn prepend(&mut self, jobs: impl DoubleEndedIterator<Item = Envelope>) {
        for job in jobs.rev() {
            self.ready.push_front(job);
        }
    }
}

impl MemoryQueue {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            queues: Mutex::default(),
            clock,
        }
    }

    /// Returns the time after a duration, or the latest possible time if that is out of range.
    fn after(&self, wait: Duration) -> DateTime<Utc> {
        let wait = TimeDelta::from_std(wait).ok();
        wait.and_then(|wait| self.clock.now().checked_add_signed(wait))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn queue(&self, queue: &str) -> Arc<JobQueue> {
        let mut queues = locked(&self.queues);
        Arc::clone(queues.entry(queue.to_owned()).or_default())
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn push(&self, queue: &str, jobs: &[Envelope]) -> Result<(), PortError> {
        let lists = self.queue(queue);
        locked(&lists.jobs).ready.extend(jobs.iter().cloned());
        lists.arrived.notify_waiters();
        Ok(())
    }

    async fn take(
        &self,
        queue: &str,
        worker: &str,
        max: usize,
        max_wait: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        let lists = self.queue(queue);
        // A caller that takes no jobs does not wait for one.
        let max_wait = if max == 0 { Duration::ZERO } else { max_wait };
        let deadline = Instant::now() + max_wait;
        loop {
            // Subscribed before looking, so that no job that arrives in between is missed.
            let arrived = lists.arrived.notified();
            let taken = locked(&lists.jobs).take(worker, max, self.clock.now());
            if !taken.is_empty() || timeout_at(deadline, arrived).await.is_err() {
                return Ok(taken);
            }
        }
    }

    async fn ack(&self, queue: &str, worker: &str, jobs: &[Envelope]) -> Result<(), PortError> {
        let lists = self.queue(queue);
        let mut jobs_by_state = locked(&lists.jobs);
        for job in jobs {
            jobs_by_state.remove_held(worker, job);
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
        let lists = self.queue(queue);
        let mut jobs_by_state = locked(&lists.jobs);
        if jobs_by_state.remove_held(worker, held) {
            if let Some(before) = jobs_by_state.due.insert(job.clone(), due) {
                jobs_by_state.delayed.remove(&(before, job.clone()));
            }
            jobs_by_state.delayed.insert((due, job.clone()));
        }
        Ok(())
    }

    async fn give_back(
        &self,
        queue: &str,
        worker: &str,
        jobs: &[Envelope],
    ) -> Result<(), PortError> {
        let lists = self.queue(queue);
        let mut jobs_by_state = locked(&lists.jobs);
        let held: Vec<_> = jobs
            .iter()
            .filter(|job| jobs_by_state.remove_held(worker, job))
            .cloned()
            .collect();
        jobs_by_state.prepend(held.into_iter());
        lists.arrived.notify_waiters();
        Ok(())
    }

    async fn promote_due(&self, queue: &str, max: usize) -> Result<usize, PortError> {
        let now = self.clock.now();
        let lists = self.queue(queue);
        let mut jobs_by_state = locked(&lists.jobs);
        let mut moved = 0;
        while moved < max
            && jobs_by_state
                .delayed
                .first()
                .is_some_and(|(due, _)| *due <= now)
        {
            if let Some((_, job)) = jobs_by_state.delayed.pop_first() {
                jobs_by_state.due.remove(&job);
                jobs_by_state.ready.push_back(job);
                moved += 1;
            }
        }
        lists.arrived.notify_waiters();
        Ok(moved)
    }

    async fn heartbeat(&self, queue: &str, worker: &str) -> Result<(), PortError> {
        let now = self.clock.now();
        let lists = self.queue(queue);
        locked(&lists.jobs).worker(worker, now).last_heartbeat = now;
        Ok(())
    }

    async fn reap(&self, queue: &str, silence: Duration) -> Result<usize, PortError> {
        let now = self.clock.now();
        let lists = self.queue(queue);
        let mut jobs_by_state = locked(&lists.jobs);
        let reaped: Vec<_> = jobs_by_state
            .workers
            .extract_if(|_, worker| {
                (now - worker.last_heartbeat)
                    .to_std()
                    .is_ok_and(|silent| silent > silence)
            })
            .flat_map(|(_, worker)| worker.held)
            .collect();
        let returned = reaped.len();
        jobs_by_state.prepend(reaped.into_iter());
        lists.arrived.notify_waiters();
        Ok(returned)
    }

    async fn depth(&self, queue: &str) -> Result<Depth, PortError> {
        let lists = self.queue(queue);
        let jobs_by_state = locked(&lists.jobs);
        let in_hand: usize = jobs_by_state
            .workers
            .values()
            .map(|worker| worker.held.len())
            .sum();
        let now = self.clock.now();
        let due = jobs_by_state
            .delayed
            .iter()
            .take_while(|(due, _)| *due <= now);
        Ok(Depth {
            ready: jobs_by_state.ready.len() as u64,
            in_hand: in_hand as u64,
            delayed: jobs_by_state.delayed.len() as u64,
            due: due.count() as u64,
        })
    }
}
