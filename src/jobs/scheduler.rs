//! Scheduled tasks: work that starts at the times which a cron expression names (UTC).
//!
//! Tasks are registered when the process starts, like handlers; this module knows none of them. All
//! are reconcilers: a second run finds nothing to do.
//!
//! # Each tick runs once
//!
//! Every process looks, twice a second, for the last tick of each task. For a tick that it does not
//! know to be finished:
//!
//! 1. the cache key `cron:<task>:<tick>` lets one process go first. This is cheap and guarantees
//!    nothing: the cache may be unavailable;
//! 2. a row of `cron_ticks` decides. The process that inserts it runs the task and marks the tick
//!    finished. If that process crashes, the row's lease expires and another process takes over.
//!
//! Only the *last* tick counts: however many ticks were missed while no process ran, the task runs
//! once. Tasks that inform a process about the installation run in each ([`RunsIn::EveryProcess`]).

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

/// How often the scheduler looks at the clock.
const PERIOD: Duration = Duration::from_millis(500);
/// How long a run may take before another process takes over.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// How long after a failure the task runs again.
const RETRY_AFTER: TimeDelta = TimeDelta::seconds(30);
/// How long a process that did not go first relies on the one that did.
const RECHECK_AFTER: TimeDelta = TimeDelta::seconds(60);
/// How long the cache remembers which process went first.
const FIRST_TTL: Duration = Duration::from_secs(3_600);

/// Work that runs at scheduled times.
#[async_trait]
pub trait ScheduledTask: Send + Sync {
    /// Runs the task in steps, each of which takes two seconds at most. After the shutdown signal
    /// `stop` no further step is begun. A second run must be harmless: it completes one that was
    /// interrupted.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the run failed; the task runs again soon.
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError>;
}

/// How a run of a [`ScheduledTask`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOutcome {
    /// The task is complete.
    Complete,
    /// The shutdown signal came first; another process does the rest.
    Interrupted,
}

impl RunOutcome {
    /// Returns [`RunOutcome::Complete`] unless the shutdown signal came.
    #[must_use]
    pub fn unless_stopped(stop: &CancellationToken) -> Self {
        if stop.is_cancelled() {
            Self::Interrupted
        } else {
            Self::Complete
        }
    }
}

/// In which processes a task runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunsIn {
    /// In one of the processes that share the database.
    OneProcess,
    /// The task runs in every process.
    EveryProcess,
}

/// A task with its schedule and state.
#[derive(Clone)]
struct RegisteredTask {
    name: &'static str,
    schedule: Schedule,
    reach: RunsIn,
    task: Arc<dyn ScheduledTask>,
}

/// The scheduled tasks of a process.
#[derive(Clone, Default)]
pub struct ScheduledTasks(Vec<RegisteredTask>);

impl ScheduledTasks {
    /// Registers a task; its name is a part of cache keys and rows.
    #[must_use]
    pub fn with(
        mut self,
        name: &'static str,
        schedule: Schedule,
        reach: RunsIn,
        task: Arc<dyn ScheduledTask>,
    ) -> Self {
        self.0.push(RegisteredTask {
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
enum TickState {
    /// The tick is finished.
    Finished(DateTime<Utc>),
    /// The tick may be running: look again at the second time.
    Unfinished(DateTime<Utc>, DateTime<Utc>),
}

/// Runs scheduled tasks. Cheap to clone; clones share their knowledge of ticks.
#[derive(Clone)]
pub struct Scheduler {
    database: Database,
    cache: Arc<dyn Cache>,
    clock: Clock,
    tasks: ScheduledTasks,
    known: Arc<Mutex<HashMap<&'static str, TickState>>>,
}

impl Scheduler {
    /// Creates a scheduler for the processes that share `database` and `cache`.
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

    /// Runs tasks until the shutdown signal; a running task finishes its step.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            self.tick(&stop).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
    }

    /// Runs the tasks that are due, none after the shutdown signal, and returns the names of those that
    /// were completed. Failures are logged, and the task runs again.
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
                Some(TickState::Finished(at)) if *at == tick => continue,
                Some(TickState::Unfinished(at, recheck_at)) if *at == tick && *recheck_at > now => {
                    continue;
                }
                Some(TickState::Unfinished(at, _)) if *at == tick => false,
                _ => true,
            };
            let due = DueTick { tick, now, stop };
            let (ended, did) = self.run_tick(entry, &due, first_look).await;
            known.insert(entry.name, ended);
            if did {
                ran.push(entry.name);
            }
        }
        ran
    }

    async fn run_tick(
        &self,
        entry: &RegisteredTask,
        due: &DueTick<'_>,
        first_look: bool,
    ) -> (TickState, bool) {
        let RegisteredTask { name, task, .. } = entry;
        let DueTick { tick, now, .. } = *due;
        let again = TickState::Unfinished(tick, now + RETRY_AFTER);
        if entry.reach == RunsIn::EveryProcess {
            return match run(task, due).await {
                Ok(RunOutcome::Complete) => (TickState::Finished(tick), true),
                Ok(RunOutcome::Interrupted) => (again, false),
                Err(error) => {
                    tracing::warn!(%error, task.name = name, "Scheduled task {name} failed; it is tried again soon");
                    (again, false)
                }
            };
        }
        if first_look && !self.claim_first_run(name, tick).await {
            return (TickState::Unfinished(tick, now + RECHECK_AFTER), false);
        }
        match self.run_once(entry, due).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(%error, task.name = name, "Scheduled task {name} failed; it is tried again soon");
                (again, false)
            }
        }
    }

    /// Returns whether this process goes first. Without a cache it does, and the row alone decides.
    async fn claim_first_run(&self, name: &str, tick: DateTime<Utc>) -> bool {
        let value = Bytes::from_static(b"1");
        match self
            .cache
            .set_if_absent(&first_run_key(name, tick), value, FIRST_TTL)
            .await
        {
            Ok(first) => first,
            Err(error) => {
                tracing::debug!(%error, task.name = name, "Could not mark the first run of scheduled task {name}; the database alone decides which process runs it");
                true
            }
        }
    }

    /// Runs a tick of a task in one process of the installation.
    async fn run_once(
        &self,
        entry: &RegisteredTask,
        due: &DueTick<'_>,
    ) -> Result<(TickState, bool), InfrastructureError> {
        let RegisteredTask { name, task, .. } = entry;
        let DueTick { tick, now, .. } = *due;
        match ticks::claim(&self.database, &self.clock, name, tick, LEASE).await? {
            ticks::TickClaim::Finished => return Ok((TickState::Finished(tick), false)),
            // That process may crash or shut down before it is finished.
            ticks::TickClaim::Theirs => {
                return Ok((TickState::Unfinished(tick, now + RECHECK_AFTER), false));
            }
            ticks::TickClaim::Ours => {}
        }
        tracing::debug!(task.name = name, %tick, "Started scheduled task {name}");
        match run(task, due).await {
            Ok(RunOutcome::Complete) => {
                ticks::finish(&self.database, name, tick, self.clock.now()).await?;
                Ok((TickState::Finished(tick), true))
            }
            // The next process that looks continues at once.
            Ok(RunOutcome::Interrupted) => {
                tracing::info!(task.name = name, %tick, "The shutdown interrupted scheduled task {name}; another process continues it");
                let none = TimeDelta::zero();
                ticks::release(&self.database, &self.clock, name, tick, none).await?;
                if let Err(error) = self.cache.delete(&first_run_key(name, tick)).await {
                    tracing::debug!(%error, task.name = name, "Could not remove the mark of scheduled task {name}; another process continues it a minute later");
                }
                Ok((TickState::Unfinished(tick, now + RETRY_AFTER), false))
            }
            Err(error) => {
                ticks::release(&self.database, &self.clock, name, tick, RETRY_AFTER).await?;
                Err(error)
            }
        }
    }
}

/// The tick that is due, and when that was found.
struct DueTick<'a> {
    /// The last time that the schedule names.
    tick: DateTime<Utc>,
    now: DateTime<Utc>,
    stop: &'a CancellationToken,
}

/// Returns the key of the cache entry by which one process goes first.
fn first_run_key(name: &str, tick: DateTime<Utc>) -> String {
    format!("cron:{name}:{}", tick.format("%Y-%m-%dT%H:%M:%SZ"))
}

/// Runs a task of the scheduler in a task of the runtime: a panic does not end the scheduler.
async fn run(
    task: &Arc<dyn ScheduledTask>,
    due: &DueTick<'_>,
) -> Result<RunOutcome, InfrastructureError> {
    let (task, now, stop) = (Arc::clone(task), due.now, due.stop.clone());
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
