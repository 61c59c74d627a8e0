//! Counts changes of public data, so that a cached value can tell whether it is still true.
//!
//! A cached value carries a [`Stamp`]: the state of the counters just before its data was read. A counter
//! is raised after the commit of a change and before the change is reported to anyone. A value whose stamp
//! equals the counters is therefore newer than every change that anyone was told of in this process.
//!
//! | counter | raised by | in which processes |
//! | --- | --- | --- |
//! | edits of a competition | creating, editing, publishing, cancelling, deleting it | here at once, elsewhere by the bus |
//! | seats of a competition | a commit that moves seats or the waitlist | the same |
//! | everything | a changed name of an account, messages of the bus that may be lost | the same |
//!
//! The memory is constant: competitions share [`COUNTERS`] counters, so that a change of one may make the
//! value of another be computed again, but never the other way round.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sea_orm::DbErr;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::{bus_topics::EDITS_TOPIC, seats};
use crate::{
    model::CompetitionId,
    store::{
        InfrastructureError, Transaction,
        ports::{Bus, BusMessage},
    },
};

/// The number of counters that all competitions share; a power of two.
const COUNTERS: usize = 1024;

/// What a cached value was computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Any number of competitions: a list, a search, the tags.
    Catalog,
    /// What organizers say about any number of competitions, and not their seats: suggested titles.
    Texts,
    /// One competition, by its id.
    Competition(CompetitionId),
    /// One competition, and what organizers say about any number of others.
    CompetitionAmongOthers(CompetitionId),
}

/// The state of the counters that concern a [`Scope`] at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The number of edits so far.
    pub edits: u64,
    /// The number of changes of seats so far.
    pub seats: u64,
}

impl Stamp {
    /// Returns whether everything that `earlier` counts is counted here too.
    #[must_use]
    pub fn includes(self, earlier: Self) -> bool {
        self.edits >= earlier.edits && self.seats >= earlier.seats
    }
}

/// The changes of one competition, or of several that share the counter.
#[derive(Debug, Default)]
struct ChangeCounter {
    edits: AtomicU64,
    seats: AtomicU64,
    /// How often a value was used whose seats may be older than the counter says.
    older_seats_used: AtomicU64,
}

impl ChangeCounter {
    fn stamp(&self) -> Stamp {
        Stamp {
            edits: self.edits.load(Ordering::SeqCst),
            seats: self.seats.load(Ordering::SeqCst),
        }
    }
}

struct ChangeCounters {
    everything: AtomicU64,
    catalog: ChangeCounter,
    competitions: Vec<ChangeCounter>,
    hasher: RandomState,
    bus: Arc<dyn Bus>,
}

/// The counters of one process. Cheap to clone; clones share the counters.
#[derive(Clone)]
pub struct Changes(Arc<ChangeCounters>);

impl std::fmt::Debug for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Changes")
    }
}

impl Changes {
    /// Creates the counters, and counts what other processes publish on the bus until `stop`.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>, stop: CancellationToken) -> Self {
        let mut messages = bus.subscribe();
        let changes = Self(Arc::new(ChangeCounters {
            everything: AtomicU64::default(),
            catalog: ChangeCounter::default(),
            competitions: std::iter::repeat_with(ChangeCounter::default)
                .take(COUNTERS)
                .collect(),
            hasher: RandomState::new(),
            bus,
        }));
        let counting = changes.clone();
        let listening = async move {
            loop {
                match messages.recv().await {
                    Ok(message) => counting.count(&message),
                    Err(RecvError::Lagged(_)) => counting.everything_changed(),
                    Err(RecvError::Closed) => return,
                }
            }
        };
        tokio::spawn(stop.run_until_cancelled_owned(listening));
        changes
    }

    /// Returns the state of the counters. It must be taken before the data is read that a value is
    /// computed from.
    #[must_use]
    pub fn stamp(&self, scope: Scope) -> Stamp {
        let counted = self.counter(scope).stamp();
        let Stamp { edits, seats } = match scope {
            Scope::Texts => Stamp {
                seats: 0,
                ..counted
            },
            Scope::CompetitionAmongOthers(_) => Stamp {
                edits: self.0.catalog.stamp().edits,
                ..counted
            },
            Scope::Catalog | Scope::Competition(_) => counted,
        };
        // All counters only grow, so the sum is the same only if both are.
        let edits = edits + self.0.everything.load(Ordering::SeqCst);
        Stamp { edits, seats }
    }

    /// Counts that a cached value was used although seats have changed since. What is made from it must not
    /// be used for longer than it.
    pub(super) fn older_seats_used(&self, scope: Scope) {
        let counter = &self.counter(scope).older_seats_used;
        counter.fetch_add(1, Ordering::SeqCst);
    }

    /// Returns how often [`older_seats_used`](Self::older_seats_used) was called for the scope, by whomever:
    /// a computation that is suspected wrongly costs one more.
    pub(super) fn uses_of_older_seats(&self, scope: Scope) -> u64 {
        let counter = &self.counter(scope).older_seats_used;
        counter.load(Ordering::SeqCst)
    }

    /// Counts an edit of a competition in this process.
    pub fn edited(&self, id: CompetitionId) {
        self.of(id).edits.fetch_add(1, Ordering::SeqCst);
        self.0.catalog.edits.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts a change of a competition's seats in this process.
    pub fn seats_changed(&self, id: CompetitionId) {
        self.of(id).seats.fetch_add(1, Ordering::SeqCst);
        self.0.catalog.seats.fetch_add(1, Ordering::SeqCst);
    }

    /// Makes every cached value of this process be computed again.
    pub fn everything_changed(&self) {
        self.0.everything.fetch_add(1, Ordering::SeqCst);
    }

    fn counter(&self, scope: Scope) -> &ChangeCounter {
        match scope {
            Scope::Catalog | Scope::Texts => &self.0.catalog,
            Scope::Competition(id) | Scope::CompetitionAmongOthers(id) => self.of(id),
        }
    }

    fn of(&self, id: CompetitionId) -> &ChangeCounter {
        // A collision of hashes costs one more computation, and can't be chosen from outside.
        let hash = usize::try_from(self.0.hasher.hash_one(id) % COUNTERS as u64).unwrap_or(0);
        &self.0.competitions[hash]
    }

    /// Commits a transaction with an edit of a competition, counts the edit, and publishes it. All of it
    /// happens even if the caller is dropped meanwhile, since its client has disconnected. An edit whose
    /// commit fails is counted too: only the reply may have been lost.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the commit failed.
    pub async fn commit_edit(
        &self,
        transaction: Transaction,
        id: CompetitionId,
    ) -> Result<(), InfrastructureError> {
        let changes = self.clone();
        in_a_task(async move {
            let committed = transaction.commit().await;
            changes.edited(id);
            changes.publish(id.to_string()).await;
            committed
        })
        .await
    }

    /// Does the same with a change that concerns everything.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the commit failed.
    pub async fn commit_everything(
        &self,
        transaction: Transaction,
    ) -> Result<(), InfrastructureError> {
        let changes = self.clone();
        in_a_task(async move {
            let committed = transaction.commit().await;
            changes.everything_changed();
            changes.publish(String::new()).await;
            committed
        })
        .await
    }

    /// Publishes an edit that this process has counted to the other processes. A process that misses it
    /// uses what it has for some seconds at most (`catalog::fresh_cache`).
    pub async fn publish_edit(&self, id: CompetitionId) {
        self.publish(id.to_string()).await;
    }

    /// Makes every cached value of this process and of all others be computed again, after a change that
    /// was committed without [`commit_everything`](Self::commit_everything).
    pub async fn publish_everything(&self) {
        self.everything_changed();
        self.publish(String::new()).await;
    }

    async fn publish(&self, payload: String) {
        if let Err(error) = self.0.bus.publish(EDITS_TOPIC, payload.into()).await {
            tracing::debug!(%error, "Could not publish an edit; other processes notice it later");
        }
    }

    fn count(&self, BusMessage { topic, payload }: &BusMessage) {
        let id = || std::str::from_utf8(payload).ok()?.parse().ok();
        match topic.as_str() {
            BusMessage::RESYNC => self.everything_changed(),
            EDITS_TOPIC => match id() {
                Some(id) => self.edited(id),
                None => self.everything_changed(),
            },
            _ => {
                if let Some(id) = seats::changed_competition(topic, payload) {
                    self.seats_changed(id);
                }
            }
        }
    }
}

/// Runs a commit to its end, whatever becomes of the caller.
async fn in_a_task(
    commit: impl Future<Output = Result<(), DbErr>> + Send + 'static,
) -> Result<(), InfrastructureError> {
    match tokio::spawn(commit).await {
        Ok(committed) => Ok(committed?),
        Err(error) => Err(InfrastructureError::internal(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ops::Clock, store::memory};

    fn changes() -> Changes {
        Changes::new(
            memory::ports(&Clock::system()).bus,
            CancellationToken::new(),
        )
    }

    fn scopes() -> (CompetitionId, [Scope; 2]) {
        let id = CompetitionId::new();
        (id, [Scope::Catalog, Scope::Competition(id)])
    }

    #[tokio::test]
    async fn an_edit_and_a_change_of_seats_concern_the_competition_and_all_lists() {
        let changes = changes();
        let (id, scopes) = scopes();
        for scope in scopes {
            let before = changes.stamp(scope);
            changes.edited(id);
            let after = changes.stamp(scope);
            assert_eq!((after.edits, after.seats), (before.edits + 1, before.seats));
            changes.seats_changed(id);
            let seats = changes.stamp(scope);
            assert_eq!((seats.edits, seats.seats), (after.edits, after.seats + 1));
        }
    }

    #[tokio::test]
    async fn a_lost_message_concerns_everything() {
        let changes = changes();
        let (_, scopes) = scopes();
        let before = scopes.map(|scope| changes.stamp(scope));
        changes.count(&BusMessage {
            topic: BusMessage::RESYNC.to_owned(),
            payload: "".into(),
        });
        for (scope, before) in scopes.into_iter().zip(before) {
            assert_ne!(changes.stamp(scope), before);
        }
    }
}
