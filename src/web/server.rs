//! The HTTP/1.1 server: accepts connections, bounds how many there are and how long each may take
//! to say something, and ends them politely.
//!
//! `axum::serve` bounds nothing: whoever opens sockets and says nothing keeps them for ever. Here a
//! connection is always in one [phase](activity::Phase), and each has a bound:
//!
//! | phase | bound | at shutdown |
//! | --- | --- | --- |
//! | reading a head (from the accept, or from its first byte) | 10 s | closed at once |
//! | idle between two requests | 75 s | closed at once |
//! | request in hand | the request's own: 15 s to the head of the answer | finished, for 20 s at most |
//! | answer that the peer does not read | 30 s without progress | 5 s without progress |
//! | closing: the rest of a body nobody wants is read | 2 s of silence, 10 s, 16 MiB | the same |
//!
//! How many there may be is decided in [`admission`]; when there is no room, the connection that has
//! been waiting longest without a request makes room.

mod activity;
mod admission;
mod connection;
mod refusal;
mod transport;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

use admission::Admission;

/// How long what is in hand may take after the shutdown signal, before it is cut off.
const GRACE: Duration = Duration::from_secs(20);
/// The pause after an accept that failed for want of something (file descriptors, memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that make room then.
const ROOM: usize = 64;
/// How often the log tells that connections are refused or can't be accepted.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// How many connections a listener takes.
#[derive(Clone)]
pub struct Limits {
    /// Connections in total.
    pub total: usize,
    /// Connections of one peer address (an IPv6 network of 64 bits counts as one).
    pub per_address: usize,
    /// Peers that `per_address` does not concern: proxies, through which everybody comes.
    pub exempt: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl Limits {
    /// A bound on the total alone.
    #[must_use]
    pub fn total(total: usize) -> Self {
        Self {
            total,
            per_address: total,
            exempt: Arc::new(|_| true),
        }
    }
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits")
            .field("total", &self.total)
            .field("per_address", &self.per_address)
            .finish_non_exhaustive()
    }
}

/// Serves `router` on `listener` until `stop`; then accepts nothing new, closes what waits for a
/// request, and returns when everything in hand is finished, after 20 s at the latest.
///
/// Every request carries the peer's address as `ConnectInfo<SocketAddr>`.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    // Once here, so that it is not done again for each request.
    let router = router.with_state(());
    let admission = Arc::new(Admission::new(limits));
    let mut connections = JoinSet::new();
    let mut refused = Occasionally::default();
    let mut failed = Occasionally::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended && error.is_panic() {
                    tracing::error!(%error, "A connection's task panicked");
                }
                continue;
            }
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => match admission.enter(peer.ip()) {
                Ok(ticket) => {
                    // Answers and events are small and go out whole: waiting for more gains nothing.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "TCP_NODELAY was not set");
                    }
                    let router = router.clone();
                    connections.spawn(connection::serve(
                        stream,
                        peer,
                        router,
                        ticket,
                        stop.clone(),
                    ));
                }
                Err(full) => {
                    if let Some(count) = refused.happened() {
                        tracing::warn!(
                            connections.refused = count,
                            reason = full.reason(),
                            "Refused {count} connections: as many as may be are open"
                        );
                    }
                    if let Some(place) = admission.courtesy() {
                        connections.spawn(refusal::answer(stream, full, place));
                    }
                }
            },
            Err(error) if is_about_the_peer(&error) => {}
            Err(error) => {
                if let Some(count) = failed.happened() {
                    tracing::error!(%error, "Could not accept {count} connections");
                }
                // File descriptors are missing, most likely: those that wait give theirs back.
                admission.make_room(ROOM);
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "Cut off {} connections whose answers were still under way {} s after the shutdown signal",
            connections.len(),
            GRACE.as_secs()
        );
        connections.shutdown().await;
    }
}

/// Errors of a connection that ended before it was accepted: the next one may be fine.
fn is_about_the_peer(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

/// Counts what may happen very often, so that the log tells it now and then.
#[derive(Debug, Default)]
struct Occasionally {
    untold: u64,
    told: Option<Instant>,
}

impl Occasionally {
    /// Counts one; returns how many there were since the last time, when it is time to tell.
    fn happened(&mut self) -> Option<u64> {
        self.untold += 1;
        if self.told.is_some_and(|told| told.elapsed() < LOG_EVERY) {
            return None;
        }
        self.told = Some(Instant::now());
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_very_often_is_told_now_and_then_with_its_number() {
        let mut refused = Occasionally::default();
        assert_eq!(refused.happened(), Some(1));
        for _ in 0..99 {
            assert_eq!(refused.happened(), None);
        }
        refused.told = Instant::now().checked_sub(LOG_EVERY);
        assert_eq!(refused.happened(), Some(100));
    }
}
