//! The HTTP/1.1 server: accepts connections, bounds their number and the time that each may spend in
//! each phase, and closes them without losing responses.
//!
//! `axum::serve` bounds nothing: a client that opens sockets and sends nothing keeps them open for
//! ever. Here a connection is always in one [phase](activity::ConnectionPhase), and each has a bound:
//!
//! | phase | bound | at shutdown |
//! | --- | --- | --- |
//! | reading a head (from the accept, or from its first byte) | 10 s | closed at once |
//! | idle between two requests | 75 s | closed at once |
//! | request in progress | the request's own: 15 s to the head of the response | finished, within 20 s |
//! | response that the peer does not read | 30 s without progress | 5 s without progress |
//! | closing: the rest of an unread body is read | 2 s of silence, 10 s, 16 MiB | the same |
//!
//! The number of connections is bounded in [`admission`]: at a bound, the connection that has been
//! idle longest is closed in favour of the new one.

mod activity;
mod admission;
mod connection;
mod connection_limits;
mod event_stream;
mod refused_connection;
mod response_body;
mod supervision;
mod transport;

use std::{sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use admission::Admission;
pub use connection_limits::ConnectionLimits;

/// How long requests in progress may take after the shutdown signal, before they are aborted.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);
/// The pause after an accept that failed because a resource is missing (file descriptors, memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The number of idle connections that are closed then.
const CLOSED_ON_SHORTAGE: usize = 64;
/// The shortest time between two log lines about refused connections or failed accepts.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Serves `router` on `listener` until `stop` is cancelled. Then it accepts no further connection,
/// closes those that wait for a request, and returns when all requests in progress are finished, after
/// 20 s at the latest.
///
/// Every request carries the peer's address as `ConnectInfo<SocketAddr>`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    stop: CancellationToken,
) {
    // Done once here, so that it is not done again for each request.
    let router = router.with_state(());
    let admission = Arc::new(Admission::new(limits));
    let mut connections = JoinSet::new();
    let mut refused_log = ThrottledLog::default();
    let mut failed_log = ThrottledLog::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended && error.is_panic() {
                    tracing::error!(%error, "The task of a connection panicked");
                }
                continue;
            }
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => match admission.admit(peer.ip()) {
                Ok(permit) => {
                    // Responses and events are small and written at once: waiting for more gains nothing.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "Could not set TCP_NODELAY for a connection");
                    }
                    let router = router.clone();
                    connections.spawn(connection::serve(
                        stream,
                        peer,
                        router,
                        permit,
                        stop.clone(),
                    ));
                }
                Err(bound) => {
                    if let Some(count) = refused_log.count() {
                        tracing::warn!(
                            connections.refused = count,
                            reason = bound.label(),
                            "Refused {count} connections at the bound {reason}",
                            reason = bound.label()
                        );
                    }
                    if let Some(permit) = admission.refusal_permit() {
                        connections.spawn(refused_connection::respond(stream, bound, permit));
                    }
                }
            },
            Err(error) if concerns_the_peer(&error) => {}
            Err(error) => {
                if let Some(count) = failed_log.count() {
                    tracing::error!(%error, connections.failed = count, "Could not accept {count} connections");
                }
                // Most likely file descriptors are missing: idle connections give theirs back.
                admission.close_idle(CLOSED_ON_SHORTAGE);
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(SHUTDOWN_GRACE, finished)
        .await
        .is_err()
    {
        tracing::warn!(
            connections.aborted = connections.len(),
            "Aborted {} connections whose responses were not complete {} s after the shutdown signal",
            connections.len(),
            SHUTDOWN_GRACE.as_secs()
        );
        connections.shutdown().await;
    }
}

/// Whether an accept failed because the peer closed the connection: the next one may succeed.
fn concerns_the_peer(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

/// Counts events that may be very frequent, so that one log line reports many of them.
#[derive(Debug, Default)]
struct ThrottledLog {
    unreported: u64,
    last_report: Option<Instant>,
}

impl ThrottledLog {
    /// Counts an event. Returns the number of events since the last report if a report is due.
    fn count(&mut self) -> Option<u64> {
        self.unreported += 1;
        if self
            .last_report
            .is_some_and(|at| at.elapsed() < LOG_INTERVAL)
        {
            return None;
        }
        self.last_report = Some(Instant::now());
        Some(std::mem::take(&mut self.unreported))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_events_are_reported_at_intervals_with_their_number() {
        let mut log = ThrottledLog::default();
        assert_eq!(log.count(), Some(1));
        for _ in 0..99 {
            assert_eq!(log.count(), None);
        }
        log.last_report = Instant::now().checked_sub(LOG_INTERVAL);
        assert_eq!(log.count(), Some(100));
    }
}
