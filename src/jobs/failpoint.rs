//! Points at which a test can kill the process: only in builds with debug assertions.
//!
//! `MC_FAILPOINT=after-take`, `in-handler`, `after-effect` or `before-ack` makes a worker that
//! reaches the point with claimed jobs log `failpoint reached` and wait to be killed. A release build
//! contains none of this.

/// A moment at which a process may crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// The worker has claimed jobs; nothing is done yet.
    AfterTake,
    /// The handler has returned; nothing is committed.
    InHandler,
    /// An effect has happened (a mail was sent); nothing records it yet.
    AfterEffect,
    /// The transaction is committed; the queue still holds the jobs.
    BeforeAck,
}

#[cfg(debug_assertions)]
pub(super) async fn reach(point: Point) {
    use std::sync::LazyLock;
    static WANTED: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("MC_FAILPOINT").ok());
    let name = match point {
        Point::AfterTake => "after-take",
        Point::InHandler => "in-handler",
        Point::AfterEffect => "after-effect",
        Point::BeforeAck => "before-ack",
    };
    if WANTED.as_deref() == Some(name) {
        tracing::warn!(
            point = name,
            "A worker waits to be killed: failpoint reached ({name})"
        );
        std::future::pending::<()>().await;
    }
}

#[cfg(not(debug_assertions))]
#[allow(clippy::unused_async, reason = "as in a debug build")]
pub(super) async fn reach(_point: Point) {}
