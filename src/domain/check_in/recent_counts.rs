//! The numbers of the competitions whose check-in is watched, shared by all who watch in this process.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::model::{CheckInCounts, CompetitionId};

/// For how long the numbers of a competition are shared by those who watch them.
const PERIOD: Duration = Duration::from_millis(950);
/// The number of competitions whose numbers are kept.
const MOST_COUNTS: usize = 1_000;

/// The newest numbers of the competitions that are watched.
#[derive(Debug, Default)]
pub(super) struct RecentCounts(Mutex<HashMap<CompetitionId, (Instant, CheckInCounts)>>);

impl RecentCounts {
    fn lock(&self) -> MutexGuard<'_, HashMap<CompetitionId, (Instant, CheckInCounts)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the numbers of a competition, if they are new enough.
    pub(super) fn get(&self, id: CompetitionId) -> Option<CheckInCounts> {
        let counts = self.lock();
        let (read_at, counts) = counts.get(&id)?;
        (read_at.elapsed() < PERIOD).then_some(*counts)
    }

    /// Keeps numbers that were read from this time on.
    pub(super) fn keep(&self, id: CompetitionId, read_at: Instant, counts: CheckInCounts) {
        let mut all = self.lock();
        if all.len() >= MOST_COUNTS {
            all.retain(|_, (read_at, _)| read_at.elapsed() < PERIOD);
        }
        if all.len() < MOST_COUNTS {
            all.insert(id, (read_at, counts));
        }
    }

    /// Forgets the numbers of a competition after a change.
    pub(super) fn forget(&self, id: CompetitionId) {
        self.lock().remove(&id);
    }
}
