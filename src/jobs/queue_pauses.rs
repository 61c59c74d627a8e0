//! Pausing of queues by an administrator: workers take no jobs of a paused queue, and finish those that they have.
//!
//! A pause is a row of the database, so it holds in all processes and outlasts their restarts. Each process reads the
//! rows once a second. A worker that waits at an empty queue waits for a second at most, and gives back what it gets
//! when the queue was paused meanwhile. So a pause takes effect within two seconds everywhere, and so does its end.
//! Jobs are still written and pushed, retries become ready, and nothing is lost: the queue only grows.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryOrder, sea_query::OnConflict};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::kind::Queues;
use crate::{
    ops::metrics::names,
    store::{
        Database, InfrastructureError,
        entity::paused_queue::{ActiveModel, Column, Entity, Model},
    },
};

/// How often a process reads which queues are paused.
const PERIOD: Duration = Duration::from_secs(1);

type KnownPauses = Option<Arc<BTreeSet<String>>>;

/// What this process knows about paused queues. Cheap to clone; clones share their knowledge.
#[derive(Debug, Clone)]
pub struct QueuePauses {
    database: Database,
    /// `None` before the first successful read.
    known: watch::Sender<KnownPauses>,
}

impl QueuePauses {
    /// Creates the knowledge of a process that has read nothing yet.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self {
            database,
            known: watch::Sender::new(None),
        }
    }

    /// Reads which queues are paused.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable; what was known stays.
    pub async fn refresh(&self) -> Result<(), InfrastructureError> {
        let rows = list(&self.database).await?;
        let paused: BTreeSet<_> = rows.into_iter().map(|row| row.queue).collect();
        for queue in Queues::ALL {
            let is_paused = f64::from(u8::from(paused.contains(*queue)));
            metrics::gauge!(names::QUEUE_PAUSED, "queue" => *queue).set(is_paused);
        }
        self.known.send_if_modified(|known| {
            let changed = known.as_deref() != Some(&paused);
            *known = Some(Arc::new(paused));
            changed
        });
        Ok(())
    }

    /// Reads which queues are paused, once a second, until the shutdown signal.
    pub(super) async fn run(self, shutdown: CancellationToken) {
        let mut failed = false;
        loop {
            match self.refresh().await {
                Ok(()) => failed = false,
                Err(error) if !failed => {
                    failed = true;
                    tracing::warn!(%error, "Could not read which queues are paused; the last known state holds");
                }
                Err(_still_failing) => {}
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }
        }
    }

    /// Returns whether workers may take jobs of a queue: it is known not to be paused.
    #[must_use]
    pub fn admits(&self, queue: &str) -> bool {
        is_admitted(&self.known.borrow(), queue)
    }

    /// Waits until workers may take jobs of a queue, or for the shutdown signal.
    pub(super) async fn admission(&self, queue: &str, shutdown: &CancellationToken) {
        let mut known = self.known.subscribe();
        tokio::select! {
            () = shutdown.cancelled() => {}
            // It can't fail, since `self` holds the sender.
            _ = known.wait_for(|known| is_admitted(known, queue)) => {}
        }
    }
}

fn is_admitted(known: &KnownPauses, queue: &str) -> bool {
    known.as_ref().is_some_and(|paused| !paused.contains(queue))
}

/// Returns the paused queues with the times since when they are.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn list(database: &Database) -> Result<Vec<Model>, InfrastructureError> {
    Ok(Entity::find()
        .order_by_asc(Column::Queue)
        .all(database.read())
        .await?)
}

/// Pauses a queue, unless it is paused. Returns whether this changed anything.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn pause<C: ConnectionTrait>(
    transaction: &C,
    queue: &str,
    now: DateTime<Utc>,
) -> Result<bool, InfrastructureError> {
    let row = ActiveModel {
        queue: Set(queue.to_owned()),
        paused_at: Set(now),
    };
    let paused = OnConflict::column(Column::Queue).do_nothing().to_owned();
    let inserted = Entity::insert(row)
        .on_conflict(paused)
        .exec_without_returning(transaction)
        .await?;
    Ok(inserted > 0)
}

/// Ends the pause of a queue. Returns whether it was paused.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn resume<C: ConnectionTrait>(
    transaction: &C,
    queue: &str,
) -> Result<bool, InfrastructureError> {
    let deleted = Entity::delete_by_id(queue).exec(transaction).await?;
    Ok(deleted.rows_affected > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_queue_is_served_before_it_is_known_which_are_paused() {
        assert!(!is_admitted(&None, Queues::MAIL));
        let paused = |names: &[&str]| {
            let names = names.iter().map(|&name| name.to_owned());
            Some(Arc::new(names.collect()))
        };
        assert!(is_admitted(&paused(&[]), Queues::MAIL));
        assert!(is_admitted(&paused(&[Queues::REMINDER]), Queues::MAIL));
        assert!(!is_admitted(&paused(&[Queues::MAIL]), Queues::MAIL));
    }
}
