//! How many transactions this process has at the same time, and who is alone with them.
//!
//! Under SERIALIZABLE, transactions of different competitions can lose against each other: what they
//! read and write shares pages of the same indexes, and PostgreSQL remembers pages, not rows. A
//! hundred at once would mostly undo each other's work. So only a few run side by side, and one that
//! lost tries again alone: it can't lose against this process a second time. Where nothing
//! conflicts nobody is ever alone; where everything does, they go one by one, and gather larger
//! batches meanwhile.

use std::{pin::pin, time::Duration};

use tokio::{sync::Semaphore, time::timeout};

/// Transactions side by side. With tables so small that all of them conflict, two do as much as one
/// and more do less; with large ones, two keep the disk busy.
const SIDE_BY_SIDE: u32 = 2;
/// What takes longer waits for somebody else's lock, and does not keep others waiting with it.
const LONG: Duration = Duration::from_millis(500);

/// Turns, given in the order in which they are asked for.
#[derive(Debug)]
pub(super) struct Turns(Semaphore);

impl Default for Turns {
    fn default() -> Self {
        Self(Semaphore::new(SIDE_BY_SIDE as usize))
    }
}

impl Turns {
    /// Does `work` when it is its turn; `alone` if it lost against others before.
    pub(super) async fn take<T>(&self, alone: bool, work: impl Future<Output = T>) -> T {
        let places = if alone { SIDE_BY_SIDE } else { 1 };
        // It is never closed.
        let turn = self.0.acquire_many(places).await.ok();
        let mut work = pin!(work);
        if let Ok(done) = timeout(LONG, &mut work).await {
            return done;
        }
        drop(turn);
        work.await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_tries_alone_is_alone() {
        let turns = Turns::default();
        let short = || tokio::time::sleep(LONG / 2);
        let begun = tokio::time::Instant::now();
        tokio::join!(
            turns.take(false, short()),
            turns.take(false, short()),
            turns.take(true, short()),
            turns.take(false, short()),
        );
        assert_eq!(begun.elapsed().as_millis() / (LONG / 2).as_millis(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_stuck_keeps_nobody_waiting_for_long() {
        let turns = Turns::default();
        let stuck = async {
            tokio::join!(
                turns.take(true, std::future::pending::<()>()),
                turns.take(true, std::future::pending::<()>()),
            )
        };
        tokio::select! {
            _ = stuck => {}
            () = async {
                turns.take(false, std::future::ready(())).await;
                turns.take(true, std::future::ready(())).await;
            } => {}
        }
    }
}
