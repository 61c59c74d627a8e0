//! Serves one connection, from the accept to its end.

use std::{future::poll_fn, net::SocketAddr, pin::pin, sync::Arc, task::Poll, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::{
    activity::{Activity, ConnectionPhase, ResponseBody},
    admission::Permit,
    transport::Transport,
};

/// The largest head of a request in bytes: request line and fields. Browsers and proxies send far
/// less, and many slow heads must not fill the memory.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// The time to which a timer is set that has no deadline.
const NO_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// Serves requests until the peer closes the connection, a phase lasts too long, the connection is
/// evicted, or the shutdown signal comes and no request is in progress.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut permit: Permit,
    stop: CancellationToken,
) {
    let activity = Arc::new(Activity::new());
    let requests = service_fn(|request: Request<Incoming>| {
        let guard = activity.begin();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let responding = router.clone().call(request);
        async move {
            let response = responding.await;
            response.map(|response| response.map(|body| ResponseBody::new(body, guard)))
        }
    });
    let transport = TokioIo::new(Transport::new(stream, Arc::clone(&activity)));
    let mut connection = pin!(
        http1::Builder::new()
            // Bounded by this module, which distinguishes a head that arrives from an idle connection.
            .header_read_timeout(None::<Duration>)
            .max_header_size(MAX_HEAD_BYTES)
            .serve_connection(transport, requests)
    );
    let mut stopping = pin!(stop.cancelled());
    let mut stopped = None;
    let mut armed = Instant::now() + NO_DEADLINE;
    let mut timer = pin!(sleep_until(armed));
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                if let Err(error) = ended {
                    tracing::debug!(%error, "A connection ended before its response was complete");
                }
                return Poll::Ready(());
            }
            let phase = activity.phase();
            if phase == ConnectionPhase::Busy {
                permit.set_busy();
            } else {
                permit.set_idle(cx.waker());
                if permit.is_evicted() {
                    return Poll::Ready(());
                }
            }
            if stopped.is_none() {
                if stopping.as_mut().poll(cx).is_pending() {
                    break;
                }
                stopped = Some(Instant::now());
                connection.as_mut().graceful_shutdown();
                continue;
            }
            if phase.is_waiting() {
                return Poll::Ready(());
            }
            break;
        }
        // The timer is set again only for an earlier moment, or when it has fired: a busy connection
        // changes its phase thousands of times a second.
        loop {
            let deadline = activity.deadline(stopped);
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Poll::Ready(());
            }
            if let Some(deadline) = deadline.filter(|deadline| *deadline < armed) {
                armed = deadline;
                timer.as_mut().reset(armed);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            armed = deadline.unwrap_or(now + NO_DEADLINE);
            timer.as_mut().reset(armed);
        }
    })
    .await;
}
