//! What begins by itself, at moments that a cron expression names (UTC).
//!
//! ScheduledTasks are given to the scheduler at start, like handlers to the worker; nothing about them
//! stands here. All of them are reconcilers: a second run finds nothing to do.
//!
//! # One firing a tick
//!
//! Every process asks, about once a second, which tick of each task was the last. For one it has
//! not seen settled:
//!
//! 1. the cache key `cron:<job>:<tick>` lets one process go first (cheap; may be away or lie);
//! 2. a row of `cron_ticks` decides. It is inserted once; whoever inserted it runs the task and
//!    marks it finished. If they die meanwhile, the row's lease runs out and another takes over.
//!
//! Only the *last* tick counts: however many were missed while nothing ran, the task runs once
//! when something does. ScheduledTasks that tell a process about itself run in each ([`RunsIn::EveryProcess`]).

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use cron::Schedule;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

pub mod state;
mod ticks;

pub use ticks::{last_fired, last_tick, next_tick, prune};

use crate::{
    ops::Clock,
    store::{Database, InfrastructureError, ports::Cache},
};

/// How often it looks at the clock.
const PERIOD: Duration = Duration::from_millis(500);
/// How long a task may take before another process takes over.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// How long after a failure it is tried again.
const REST: TimeDelta = TimeDelta::seconds(30);
/// How long whoever did not go first trusts whoever did.
const TRUST: TimeDelta = TimeDelta::seconds(60);
/// How long the cache remembers who went first.
const FIRST: Duration = Duration::from_secs(3_600);

/// Something that is done at its times.
#[async_trait]
pub trait ScheduledTask: Send + Sync {
    /// Does it, in steps of which each takes a second or two at most; after the shutdown signal
    /// `stop` no further step is begun. A second run must be harmless, and it is what completes
    /// one that was interrupted.
    ///
    /// # Errors
    /// What kept it from being done; it is tried again soon.
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError>;
}

/// How a run of a [`ScheduledTask`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// All is done.
    Complete,
    /// The shutdown signal came first: the rest is left to another process.
    Interrupted,
}

impl RunOutcome {
    /// For a run that looks at `stop` after each step: complete, unless the signal came.
    #[must_use]
    pub fn unless_stopped(stop: &CancellationToken) -> Self {
        if stop.is_cancelled() {
            Self::Interrupted
        } else {
            Self::Complete
        }
    }
}

/// In how many processes a task runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsIn {
    /// In one of all those that share the database.
    OneProcess,
    /// In each.
    EveryProcess,
}

/// A task with its times.
#[derive(Clone)]
struct Entry {
    name: &'static str,
    schedule: Schedule,
    reach: RunsIn,
    task: Arc<dyn ScheduledTask>,
}

/// What is done when.
#[derive(Clone, Default)]
pub struct ScheduledTasks(Vec<Entry>);

impl ScheduledTasks {
    /// Adds a task; its name stands in keys and rows.
    #[must_use]
    pub fn with(
        mut self,
        name: &'static str,
        schedule: Schedule,
        reach: RunsIn,
        task: Arc<dyn ScheduledTask>,
    ) -> Self {
        self.0.push(Entry {
            name,
            schedule,
            reach,
            task,
        });
        self
    }
}

impl fmt::Debug for ScheduledTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|e| e.name))
            .finish()
    }
}

/// What this process knows about a task's last tick.
#[derive(Debug, Clone, Copy)]
enum Known {
    /// Seen to.
    Settled(DateTime<Utc>),
    /// Somebody may be at it: look again then.
    Open(DateTime<Utc>, DateTime<Utc>),
}

/// Begins tasks at their times. Cheap to clone; clones share what they know.
#[derive(Clone)]
pub struct Scheduler {
    database: Database,
    cache: Arc<dyn Cache>,
    clock: Clock,
    tasks: ScheduledTasks,
    known: Arc<Mutex<HashMap<&'static str, Known>>>,
}

impl Scheduler {
    /// Over a database and a cache that processes share.
    #[must_use]
    pub fn new(
        database: Database,
        cache: Arc<dyn Cache>,
        clock: Clock,
        tasks: ScheduledTasks,
    ) -> Self {
        Self {
            database,
            cache,
            clock,
            tasks,
            known: Arc::default(),
        }
    }

    /// Looks at the clock again and again, until `stop`; a task that has begun ends its step.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            self.tick(&stop).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
    }

    /// Runs the tasks whose time has come, none after `stop`; the names of those that were
    /// completed. Failures are logged and come again.
    pub async fn tick(&self, stop: &CancellationToken) -> Vec<&'static str> {
        let now = self.clock.now();
        let mut known = self.known.lock().await;
        let mut ran = Vec::new();
        for entry in &self.tasks.0 {
            if stop.is_cancelled() {
                break;
            }
            let Some(tick) = last_tick(&entry.schedule, now) else {
                continue;
            };
            let first_look = match known.get(entry.name) {
                Some(Known::Settled(at)) if *at == tick => continue,
                Some(Known::Open(at, look)) if *at == tick && *look > now => continue,
                Some(Known::Open(at, _)) if *at == tick => false,
                _ => true,
            };
            let look = Look { tick, now, stop };
            let (ended, did) = self.see_to(entry, &look, first_look).await;
            known.insert(entry.name, ended);
            if did {
                ran.push(entry.name);
            }
        }
        ran
    }

    async fn see_to(&self, entry: &Entry, look: &Look<'_>, first_look: bool) -> (Known, bool) {
        let Entry { name, task, .. } = entry;
        let Look { tick, now, .. } = *look;
        let again = Known::Open(tick, now + REST);
        if entry.reach == RunsIn::EveryProcess {
            return match run(task, look).await {
                Ok(RunOutcome::Complete) => (Known::Settled(tick), true),
                Ok(RunOutcome::Interrupted) => (again, false),
                Err(fault) => {
                    tracing::warn!(%fault, task = name, "a task failed");
                    (again, false)
                }
            };
        }
        if first_look && !self.goes_first(name, tick).await {
            return (Known::Open(tick, now + TRUST), false);
        }
        match self.fire(entry, look).await {
            Ok(outcome) => outcome,
            Err(fault) => {
                tracing::warn!(%fault, task = name, "a task failed");
                (again, false)
            }
        }
    }

    /// The cheap gate; without it the row alone decides.
    async fn goes_first(&self, name: &str, tick: DateTime<Utc>) -> bool {
        let value = Bytes::from_static(b"1");
        match self
            .cache
            .set_if_absent(&key(name, tick), value, FIRST)
            .await
        {
            Ok(first) => first,
            Err(error) => {
                tracing::debug!(%error, "the database alone decides who fires");
                true
            }
        }
    }

    async fn fire(
        &self,
        entry: &Entry,
        look: &Look<'_>,
    ) -> Result<(Known, bool), InfrastructureError> {
        let Entry { name, task, .. } = entry;
        let Look { tick, now, .. } = *look;
        match ticks::claim(&self.database, &self.clock, name, tick, LEASE).await? {
            ticks::Claim::Finished => return Ok((Known::Settled(tick), false)),
            // It may die, or be told to stop before it is done.
            ticks::Claim::Theirs => return Ok((Known::Open(tick, now + TRUST), false)),
            ticks::Claim::Ours => {}
        }
        tracing::debug!(task = name, %tick, "a task begins");
        match run(task, look).await {
            Ok(RunOutcome::Complete) => {
                ticks::finish(&self.database, name, tick, self.clock.now()).await?;
                Ok((Known::Settled(tick), true))
            }
            // The next process that looks goes on with it at once.
            Ok(RunOutcome::Interrupted) => {
                tracing::info!(task = name, %tick, "a task was interrupted by the shutdown");
                let none = TimeDelta::zero();
                ticks::release(&self.database, &self.clock, name, tick, none).await?;
                if let Err(error) = self.cache.delete(&key(name, tick)).await {
                    tracing::debug!(%error, "the next process looks at the row a minute later");
                }
                Ok((Known::Open(tick, now + REST), false))
            }
            Err(fault) => {
                ticks::release(&self.database, &self.clock, name, tick, REST).await?;
                Err(fault)
            }
        }
    }
}

/// One look at one task.
struct Look<'a> {
    /// The last moment that its schedule names.
    tick: DateTime<Utc>,
    now: DateTime<Utc>,
    stop: &'a CancellationToken,
}

/// Of the cache entry by which one process goes first.
fn key(name: &str, tick: DateTime<Utc>) -> String {
    format!("cron:{name}:{}", tick.format("%Y-%m-%dT%H:%M:%SZ"))
}

/// In a task of its own: a panic ends that, not the scheduler.
async fn run(
    task: &Arc<dyn ScheduledTask>,
    look: &Look<'_>,
) -> Result<RunOutcome, InfrastructureError> {
    let (task, now, stop) = (Arc::clone(task), look.now, look.stop.clone());
    tokio::spawn(async move { task.run(now, &stop).await })
        .await
        .unwrap_or_else(|join| Err(InfrastructureError::internal(join)))
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler")
            .field("tasks", &self.tasks)
            .finish_non_exhaustive()
    }
}
