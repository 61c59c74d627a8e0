//! Runs work in a task of its own: bounded in time, panics caught, interrupted by the shutdown signal.

use std::{future::Future, time::Duration};

use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How long work that has begun may go on after the shutdown signal. The process ends within 25 s.
const AFTER_SHUTDOWN: Duration = Duration::from_secs(15);

/// Why work did not return a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Interruption {
    /// It took too long or panicked; the text says which.
    Failed(String),
    /// The process is shutting down. The job is not the cause: another process starts it again.
    Shutdown,
}

/// Runs `work` for at most `timeout`; after the shutdown signal `shutdown`, for at most
/// [`AFTER_SHUTDOWN`]. What it logs is in the current span.
pub(super) async fn run<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
    timeout: Duration,
    shutdown: &CancellationToken,
) -> Result<T, Interruption> {
    run_within(work, timeout, shutdown, AFTER_SHUTDOWN).await
}

async fn run_within<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
    timeout: Duration,
    shutdown: &CancellationToken,
    after_shutdown: Duration,
) -> Result<T, Interruption> {
    let mut task = tokio::spawn(tokio::time::timeout(timeout, work).in_current_span());
    let deadline = async {
        shutdown.cancelled().await;
        tokio::time::sleep(after_shutdown).await;
    };
    tokio::select! {
        biased;
        end = &mut task => match end {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_elapsed)) => Err(Interruption::Failed(format!("took longer than {} s", timeout.as_secs()))),
            Err(join) => Err(Interruption::Failed(panic_message(join))),
        },
        () = deadline => {
            // Its transaction is rolled back.
            task.abort();
            Err(Interruption::Shutdown)
        }
    }
}

/// Returns the message of a panic, if it has one that can be read.
fn panic_message(join: tokio::task::JoinError) -> String {
    let Ok(panic) = join.try_into_panic() else {
        return "was cancelled".to_owned();
    };
    let message = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    format!("panicked: {message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    #[tokio::test]
    async fn work_that_does_not_end_is_interrupted_soon_after_the_shutdown_signal() {
        let stop = CancellationToken::new();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let work = async move {
            begun.send(()).unwrap();
            std::future::pending::<()>().await;
        };
        let cut = run_within(work, LONG, &stop, Duration::from_millis(1));
        let signal = async {
            has_begun.await.unwrap();
            stop.cancel();
        };
        assert_eq!(tokio::join!(cut, signal).0, Err(Interruption::Shutdown));
    }

    #[tokio::test]
    async fn work_that_has_begun_may_finish_after_the_shutdown_signal() {
        let stop = CancellationToken::new();
        stop.cancel();
        let work = async {
            tokio::task::yield_now().await;
            7
        };
        assert_eq!(run_within(work, LONG, &stop, LONG).await, Ok(7));
    }

    #[tokio::test]
    async fn work_that_takes_too_long_or_panics_is_reported_as_failed() {
        let stop = CancellationToken::new();
        let slow = std::future::pending::<()>();
        let slow = run(slow, Duration::from_millis(1), &stop).await;
        assert_eq!(
            slow,
            Err(Interruption::Failed("took longer than 0 s".to_owned()))
        );
        let poisoned = async {
            panic!("poison");
        };
        let poisoned: Result<(), Interruption> = run(poisoned, LONG, &stop).await;
        assert_eq!(
            poisoned,
            Err(Interruption::Failed("panicked: poison".to_owned()))
        );
    }
}
