//! One connection, from the accept to its end.

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
    activity::{Activity, Answer, Phase},
    admission::Ticket,
    transport::Transport,
};

/// Largest head of a request: request line and fields. What browsers and proxies send stays far
/// below, and many slow heads must not fill the memory.
const HEAD_BYTES: usize = 64 * 1024;
/// A timer that is set to this is not set.
const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// Serves requests until the peer leaves, waits or stalls for too long, has to make room, or the
/// shutdown signal comes and nothing is in hand.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut ticket: Ticket,
    stop: CancellationToken,
) {
    let activity = Arc::new(Activity::new());
    let requests = service_fn(|request: Request<Incoming>| {
        let in_hand = activity.begin();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answering = router.clone().call(request);
        async move {
            let answer = answering.await;
            answer.map(|answer| answer.map(|body| Answer::new(body, in_hand)))
        }
    });
    let transport = TokioIo::new(Transport::new(stream, Arc::clone(&activity)));
    let mut connection = pin!(
        http1::Builder::new()
            // Bounded here, where a head that arrives and an idle connection are told apart.
            .header_read_timeout(None::<Duration>)
            .max_header_size(HEAD_BYTES)
            .serve_connection(transport, requests)
    );
    let mut stopping = pin!(stop.cancelled());
    let mut stopped = None;
    let mut armed = Instant::now() + FAR;
    let mut timer = pin!(sleep_until(armed));
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                if let Err(error) = ended {
                    tracing::debug!(%error, "A connection ended early");
                }
                return Poll::Ready(());
            }
            let phase = activity.phase();
            if phase == Phase::Busy {
                ticket.works();
            } else {
                ticket.waits(cx.waker());
                if ticket.must_leave() {
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
        // The timer is set anew only for an earlier moment, or when it has rung: a busy connection
        // changes its phase thousands of times a second.
        loop {
            let due = activity.due(stopped);
            let now = Instant::now();
            if due.is_some_and(|due| due <= now) {
                return Poll::Ready(());
            }
            if let Some(due) = due.filter(|due| *due < armed) {
                armed = due;
                timer.as_mut().reset(armed);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            armed = due.unwrap_or(now + FAR);
            timer.as_mut().reset(armed);
        }
    })
    .await;
}
