//! Places at which a test can kill the process: builds with debug assertions only.
//!
//! `MC_FAILPOINT=after-take`, `in-handler`, `after-effect` or `before-ack` makes a worker that gets
//! there with jobs in hand say so in its log (`failpoint reached`) and wait to be killed. In a
//! release build this is nothing at all.

/// A window in which a process may die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// Jobs were moved into the worker's hands; nothing is done yet.
    AfterTake,
    /// The handler has done its work; nothing is committed.
    InHandler,
    /// Something was done outside (a mail has gone); nothing here knows of it.
    AfterEffect,
    /// All is committed; the list does not know.
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
        tracing::warn!(point = name, "failpoint reached");
        std::future::pending::<()>().await;
    }
}

#[cfg(not(debug_assertions))]
#[allow(clippy::unused_async, reason = "as in a debug build")]
pub(super) async fn reach(_point: Point) {}
