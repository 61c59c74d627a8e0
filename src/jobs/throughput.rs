//! How many jobs of each queue are completed in each minute, for administrators.
//!
//! A process counts in memory and adds its numbers to the rows of all processes every few seconds. What a process that
//! crashes has not added is missing: the numbers are for a chart, and nothing depends on them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, QueryFilter, QueryOrder, Statement,
};
use tokio_util::sync::CancellationToken;

use super::kind::Queues;
use crate::{
    ops::Clock,
    store::{
        Database, InfrastructureError,
        entity::queue_throughput::{Column, Entity, Model},
    },
};

/// How often a process adds its numbers to the rows of all processes.
const PERIOD: Duration = Duration::from_secs(5);

/// The jobs that were completed in a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Completed {
    done: i64,
    dead: i64,
}

/// The jobs of each queue that were completed in each minute.
type MinuteCounts = BTreeMap<(&'static str, DateTime<Utc>), Completed>;

/// Counts the completed jobs of this process. Cheap to clone; clones share their numbers.
#[derive(Debug, Clone)]
pub struct Throughput {
    clock: Clock,
    counts: Arc<Mutex<MinuteCounts>>,
}

impl Throughput {
    /// Creates a counter without numbers.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            counts: Arc::default(),
        }
    }

    /// Counts a job that succeeded, or with `dead` one that became a dead letter.
    pub(super) fn count(&self, queue: &'static str, dead: bool) {
        let minute = minute_of(self.clock.now());
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let completed = counts.entry((queue, minute)).or_default();
        match dead {
            true => completed.dead += 1,
            false => completed.done += 1,
        }
    }

    /// Adds the numbers of this process to the rows of all processes.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable; the numbers are kept for the next time.
    pub async fn write(&self, database: &Database) -> Result<(), InfrastructureError> {
        let counts =
            std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = counts.into_iter();
        while let Some(((queue, minute), completed)) = left.next() {
            let written = add(database, queue, minute, completed).await;
            if let Err(error) = written {
                self.put_back(std::iter::once(((queue, minute), completed)).chain(left));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Keeps numbers that were not written, as far as they are of the last hour.
    fn put_back(&self, left: impl Iterator<Item = ((&'static str, DateTime<Utc>), Completed)>) {
        let oldest = self.clock.now() - TimeDelta::hours(1);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, completed) in left.filter(|((_, minute), _)| *minute >= oldest) {
            let present = counts.entry(key).or_default();
            present.done += completed.done;
            present.dead += completed.dead;
        }
    }

    /// Writes the numbers every few seconds, and the last ones after the shutdown signal.
    pub(super) async fn run(self, database: Database, shutdown: CancellationToken) {
        loop {
            let stopped = shutdown.is_cancelled();
            if let Err(error) = self.write(&database).await {
                tracing::debug!(%error, "Could not write how many jobs were completed; it is tried again");
            }
            if stopped {
                return;
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
    }
}

fn minute_of(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(TimeDelta::minutes(1)).unwrap_or(time)
}

async fn add(
    database: &Database,
    queue: &'static str,
    minute: DateTime<Utc>,
    completed: Completed,
) -> Result<(), InfrastructureError> {
    let backend = database.backend();
    let parameters = match backend {
        DatabaseBackend::Postgres => "$1, $2, $3, $4",
        _ => "?, ?, ?, ?",
    };
    let sql = format!(
        "INSERT INTO queue_throughput (queue, minute, done, dead) VALUES ({parameters}) \
         ON CONFLICT (queue, minute) DO UPDATE SET done = queue_throughput.done + excluded.done, \
         dead = queue_throughput.dead + excluded.dead"
    );
    let values = [
        queue.into(),
        minute.into(),
        completed.done.into(),
        completed.dead.into(),
    ];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    database.write().execute_raw(statement).await?;
    Ok(())
}

/// The numbers of a queue in a row of minutes, of which the last one is running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueMinutes {
    /// The name of the queue.
    pub queue: &'static str,
    /// The number of jobs that succeeded in each minute.
    pub done: Vec<u64>,
    /// The number of jobs that became dead letters in each minute.
    pub dead: Vec<u64>,
}

/// Returns the numbers of every queue in the last `minutes` minutes, the present one included.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn recent(
    database: &Database,
    now: DateTime<Utc>,
    minutes: usize,
) -> Result<Vec<QueueMinutes>, InfrastructureError> {
    let before = TimeDelta::minutes(i64::try_from(minutes).unwrap_or(i64::MAX).saturating_sub(1));
    let first = minute_of(now) - before;
    let rows: Vec<Model> = Entity::find()
        .filter(Column::Minute.gte(first))
        .order_by_asc(Column::Minute)
        .all(database.read())
        .await?;
    let number = |count: i64| u64::try_from(count).unwrap_or(0);
    let of_queue = |queue: &&'static str| {
        let mut of_queue = QueueMinutes {
            queue,
            done: vec![0; minutes],
            dead: vec![0; minutes],
        };
        for row in rows.iter().filter(|row| row.queue == *queue) {
            let index = usize::try_from((row.minute - first).num_minutes());
            // A process whose clock is ahead may count in the next minute.
            if let Ok(index) = index {
                let minute = of_queue
                    .done
                    .get_mut(index)
                    .zip(of_queue.dead.get_mut(index));
                if let Some((done, dead)) = minute {
                    (*done, *dead) = (number(row.done), number(row.dead));
                }
            }
        }
        of_queue
    };
    Ok(Queues::ALL.iter().map(of_queue).collect())
}
