//! How many transactions this process has at the same time, and who is alone with them.
//!
//! Under SERIALIZABLE, transactions of different competitions can lose against each other: what they
//! read and write shares pages of the same indexes, and PostgreSQL remembers pages, not rows. A
//! hundred at once would mostly undo each other's work. So only a few run side by side, and one that
//! lost tries again alone: it can't lose against this process a second time. Where nothing
//! conflicts nobody is ever alone; where everything does, they go one by one and gather larger
//! batches meanwhile.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Transactions side by side.
const SIDE_BY_SIDE: u32 = 4;

/// Turns, given in the order in which they are asked for.
#[derive(Debug)]
pub(super) struct Turns(Semaphore);

impl Default for Turns {
    fn default() -> Self {
        Self(Semaphore::new(SIDE_BY_SIDE as usize))
    }
}

impl Turns {
    /// Waits for a turn, which ends when it is dropped; `alone` for one with nobody else.
    pub(super) async fn take(&self, alone: bool) -> Option<SemaphorePermit<'_>> {
        let places = if alone { SIDE_BY_SIDE } else { 1 };
        // It is never closed.
        self.0.acquire_many(places).await.ok()
    }
}
