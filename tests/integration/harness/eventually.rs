//! Waiting for something to become true, without guessing how long that takes.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// Between two looks.
const PACE: Duration = Duration::from_millis(25);

/// Looks again and again until there is something to see; panics after `deadline`.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    deadline: Duration,
    mut look: impl FnMut() -> F,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(
            begun.elapsed() < deadline,
            "not within {deadline:?}: {what}"
        );
        tokio::time::sleep(PACE).await;
    }
}
