//! Serves one connection, from the accept to its end.
//!
//! A connection alternates between two parts: hyper reads requests and writes responses, and an
//! [`EventStream`] sends the rest of a response that stays open.

use std::{
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

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
    activity::Activity,
    admission::Permit,
    event_stream::{EventStream, HandOver, StreamFraming},
    response_body::ResponseBody,
    supervision::Supervision,
    transport::Transport,
};

/// The largest head of a request in bytes: request line and fields. Browsers and proxies send far
/// less, and many slow heads must not fill the memory.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Serves requests until the peer closes the connection, a phase lasts too long, the connection is
/// evicted, or the shutdown signal comes and no request is in progress.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    permit: Permit,
    stop: CancellationToken,
) {
    let activity = Arc::new(Activity::new());
    let mut stopping = pin!(stop.cancelled());
    let mut timer = pin!(sleep_until(Instant::now() + Supervision::NO_DEADLINE));
    let mut supervision = Supervision::new(
        Arc::clone(&activity),
        permit,
        stopping.as_mut(),
        timer.as_mut(),
    );
    let mut transport = Transport::new(stream, Arc::clone(&activity));
    loop {
        let hand_over = HandOver::default();
        let requests = service_fn(|request: Request<Incoming>| {
            let guard = activity.begin();
            let framing = StreamFraming::of_response_to(&request);
            let hand_over = hand_over.clone();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let responding = router.clone().call(request);
            async move {
                let response = responding.await;
                response.map(|response| match framing {
                    Some(framing) if framing.fits(&response) => {
                        response.map(|body| hand_over.put(body, guard, framing))
                    }
                    _ => response.map(|body| ResponseBody::new(body, guard)),
                })
            }
        });
        // Boxed, and dropped before a stream begins: the buffers and the state of hyper are many times as
        // large as what a stream needs.
        let mut connection = Some(Box::new(
            http1::Builder::new()
                // Bounded by `Supervision`, which distinguishes a head that arrives from an idle connection.
                .header_read_timeout(None::<Duration>)
                .max_header_size(MAX_HEAD_BYTES)
                .serve_connection(TokioIo::new(transport), requests),
        ));
        let handed_over = poll_fn(|cx| {
            supervision.poll(cx, |cx, stopping| {
                let Some(running) = &mut connection else {
                    return Poll::Ready(None);
                };
                let mut running = Pin::new(running.as_mut());
                if stopping {
                    running.as_mut().graceful_shutdown();
                }
                if let Poll::Ready(ended) = running.poll(cx) {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "A connection ended before its response was complete");
                    }
                    return Poll::Ready(None);
                }
                // Hyper has written the head of the response, unless the peer has not taken all of it yet.
                if activity.is_blocked() {
                    return Poll::Pending;
                }
                match hand_over.take() {
                    Some(response) => Poll::Ready(
                        connection.take().map(|connection| (connection.into_parts(), response)),
                    ),
                    None => Poll::Pending,
                }
            })
        })
        .await;
        let Some(Some((parts, response))) = handed_over else {
            return;
        };
        let mut rest = parts.io.into_inner();
        rest.unread(parts.read_buf);
        let mut stream = EventStream::new(rest, response);
        if supervision.is_stopping() {
            stream.close_at_end();
        }
        let streamed = poll_fn(|cx| {
            supervision.poll(cx, |cx, stopping| {
                if stopping {
                    stream.close_at_end();
                }
                stream.poll(cx)
            })
        });
        match streamed.await {
            Some(Some(rest)) => transport = rest,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::admission::Admission, super::connection_limits::ConnectionLimits, *};

    /// The size of the task of a connection, in bytes. Ten thousand event streams have as many of them, so
    /// that each 100 bytes more are a megabyte.
    const MAX_TASK_SIZE: usize = 2_048;

    #[tokio::test]
    async fn the_task_of_a_connection_is_small() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = listener.local_addr().unwrap();
        let stream = TcpStream::connect(peer).await.unwrap();
        let permit = Arc::new(Admission::new(ConnectionLimits::total(1)))
            .admit(peer.ip())
            .unwrap();
        let task = serve(
            stream,
            peer,
            Router::new(),
            permit,
            CancellationToken::new(),
        );
        let size = size_of_val(&task);
        assert!(size <= MAX_TASK_SIZE, "{size} bytes");
    }
}
