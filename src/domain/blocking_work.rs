//! Work that keeps a core busy: outside the async threads, and a bounded number at a time.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    task::{JoinError, spawn_blocking},
    time::timeout,
};

use crate::model::DomainError;

/// Seconds after which a request that was refused as overload may be repeated.
const RETRY_AFTER: u64 = 5;

/// Runs work on blocking threads. Cheap to clone; clones share their bound.
#[derive(Debug, Clone)]
pub(super) struct BlockingWork {
    permits: Arc<Semaphore>,
    max_wait: Duration,
}

impl BlockingWork {
    /// Runs at most `at_once` pieces of work at the same time; others wait for at most `max_wait`.
    pub(super) fn new(at_once: usize, max_wait: Duration) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(at_once)),
            max_wait,
        }
    }

    /// Runs `work` as soon as its turn comes. It counts until it has ended, also if nobody waits for it any more.
    /// The inner result says whether it panicked.
    ///
    /// # Errors
    /// Returns [`DomainError::Overloaded`] if it had to wait for too long.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Result<T, JoinError>, DomainError> {
        let overloaded = DomainError::Overloaded {
            retry_after: RETRY_AFTER,
        };
        let permit = timeout(self.max_wait, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_elapsed| overloaded.clone())?
            .map_err(|_closed| overloaded)?;
        let done = spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        Ok(done.await)
    }
}
