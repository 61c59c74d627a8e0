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
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use super::*;

    #[tokio::test]
    async fn who_tries_alone_is_alone_and_the_others_are_few() {
        let (turns, inside) = (Turns::default(), AtomicU32::new(0));
        let work = |most: u32| {
            let inside = &inside;
            async move {
                assert!(inside.fetch_add(1, SeqCst) < most);
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                    assert!(inside.load(SeqCst) <= most);
                }
                inside.fetch_sub(1, SeqCst);
            }
        };
        let some = (0..20).map(|number| {
            let alone = number % 3 == 0;
            turns.take(alone, work(if alone { 1 } else { SIDE_BY_SIDE }))
        });
        futures::future::join_all(some).await;
    }

    #[tokio::test]
    async fn what_is_stuck_keeps_nobody_waiting_for_long() {
        let turns = Turns::default();
        tokio::select! {
            () = turns.take(true, std::future::pending()) => {}
            () = turns.take(true, std::future::ready(())) => {}
        }
    }
}
