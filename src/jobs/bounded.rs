//! Work in a task of its own: bounded in time, panics caught, cut short by the shutdown signal.

use std::{future::Future, time::Duration};

use tokio_util::sync::CancellationToken;

/// How long work that has begun may go on after the shutdown signal. The process ends within 25 s.
const AFTER_STOP: Duration = Duration::from_secs(15);

/// Why work did not end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It took too long or panicked; says which.
    Failed(String),
    /// The process is shutting down. It is not the job's fault: another process begins anew.
    Shutdown,
}

/// Runs `work` for at most `timeout`; after the shutdown signal `stop`, for at most
/// [`AFTER_STOP`].
pub(super) async fn run<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
    timeout: Duration,
    stop: &CancellationToken,
) -> Result<T, Cut> {
    run_within(work, timeout, stop, AFTER_STOP).await
}

async fn run_within<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
    timeout: Duration,
    stop: &CancellationToken,
    after_stop: Duration,
) -> Result<T, Cut> {
    let mut task = tokio::spawn(tokio::time::timeout(timeout, work));
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(after_stop).await;
    };
    tokio::select! {
        biased;
        end = &mut task => match end {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_elapsed)) => Err(Cut::Failed(format!("took longer than {} s", timeout.as_secs()))),
            Err(join) => Err(Cut::Failed(panicked(join))),
        },
        () = patience => {
            // Its transaction is rolled back.
            task.abort();
            Err(Cut::Shutdown)
        }
    }
}

/// What a panic said, as far as that can be read.
fn panicked(join: tokio::task::JoinError) -> String {
    let Ok(panic) = join.try_into_panic() else {
        return "was cancelled".to_owned();
    };
    let said = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    format!("panicked: {said}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    #[tokio::test]
    async fn work_that_does_not_end_is_cut_short_soon_after_the_shutdown_signal() {
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
        assert_eq!(tokio::join!(cut, signal).0, Err(Cut::Shutdown));
    }

    #[tokio::test]
    async fn work_in_hand_ends_after_the_shutdown_signal() {
        let stop = CancellationToken::new();
        stop.cancel();
        let work = async {
            tokio::task::yield_now().await;
            7
        };
        assert_eq!(run_within(work, LONG, &stop, LONG).await, Ok(7));
    }

    #[tokio::test]
    async fn work_that_takes_too_long_or_panics_says_so() {
        let stop = CancellationToken::new();
        let slow = std::future::pending::<()>();
        let slow = run(slow, Duration::from_millis(1), &stop).await;
        assert_eq!(slow, Err(Cut::Failed("took longer than 0 s".to_owned())));
        let poisoned = async {
            panic!("poison");
        };
        let poisoned: Result<(), Cut> = run(poisoned, LONG, &stop).await;
        assert_eq!(poisoned, Err(Cut::Failed("panicked: poison".to_owned())));
    }
}
