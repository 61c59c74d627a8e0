//! Sends the body of an event stream without hyper.
//!
//! A connection of hyper has two buffers of 8 KiB and a large state, which a response that stays open for
//! hours would occupy all the time. So hyper writes the head of the response, and is dropped; the frames of
//! the body are written here, in the transfer coding that the head announced (RFC 9112, section 7.1). When
//! the body ends, hyper continues with the next request.

use std::{
    io::Write as _,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{
        HeaderMap, Method, Version,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use hyper::{Request, Response, body::Incoming};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{activity::RequestGuard, response_body::ResponseBody, transport::Transport};

/// The number of bytes that are read from a peer while it receives a stream. It has nothing to send.
const READ_BYTES: usize = 64;
/// The last chunk, and the end of the trailers, of which there are none.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// How hyper announces the end of a response whose length is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StreamFraming {
    /// Whether the body is sent in chunks. Otherwise it ends with the connection (HTTP/1.0).
    chunked: bool,
    /// Whether the connection is closed after the response.
    close: bool,
}

impl StreamFraming {
    /// Returns the framing of a stream that responds to this request; `None` if the request does not allow
    /// to send the response without hyper, since it has a body or asks for the head only.
    pub(super) fn of_response_to(request: &Request<Incoming>) -> Option<Self> {
        Self::of(
            request.method(),
            request.version(),
            request.headers(),
            request.body().is_end_stream(),
        )
    }

    fn of(method: &Method, version: Version, headers: &HeaderMap, ended: bool) -> Option<Self> {
        if method != Method::GET || !ended {
            return None;
        }
        let chunked = match version {
            Version::HTTP_11 => true,
            Version::HTTP_10 => false,
            _ => return None,
        };
        let options = headers.get_all(CONNECTION).into_iter();
        let close = options
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|option| option.trim().eq_ignore_ascii_case("close"));
        Some(Self {
            chunked,
            close: close || !chunked,
        })
    }

    /// Returns whether a response is an event stream with this framing.
    pub(super) fn fits<B: HttpBody>(self, response: &Response<B>) -> bool {
        let headers = response.headers();
        headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind == "text/event-stream")
            && response.status() == hyper::StatusCode::OK
            && !headers.contains_key(CONTENT_LENGTH)
            && !headers.contains_key(CONNECTION)
            && response.body().size_hint().exact().is_none()
    }
}

/// A response whose head hyper writes, and whose body an [`EventStream`] sends.
pub(super) struct OpenResponse {
    body: ResponseBody,
    framing: StreamFraming,
}

/// Passes a response from the service that made it to the task of its connection.
#[derive(Clone, Default)]
pub(super) struct HandOver(Arc<Mutex<Option<OpenResponse>>>);

impl HandOver {
    /// Hands a body over, to be sent when hyper has written the head of the response. Returns what hyper
    /// gets in its place.
    pub(super) fn put(
        &self,
        body: Body,
        guard: RequestGuard,
        framing: StreamFraming,
    ) -> ResponseBody {
        let response = OpenResponse {
            body: ResponseBody::new(body, guard),
            framing,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(response);
        ResponseBody::HandedOver
    }

    pub(super) fn take(&self) -> Option<OpenResponse> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A response that is being sent.
pub(super) struct EventStream {
    /// Where it is sent; `None` when it has been given back.
    transport: Option<Transport>,
    /// The rest of the body; `None` after its end.
    body: Option<ResponseBody>,
    framing: StreamFraming,
    /// Whether the peer has sent something, which nobody reads before the next request.
    has_unread: bool,
    /// Bytes of the response that the peer has not taken yet, and how many of them are written.
    unwritten: Vec<u8>,
    written: usize,
}

impl EventStream {
    pub(super) fn new(transport: Transport, response: OpenResponse) -> Self {
        let OpenResponse { body, framing } = response;
        Self {
            has_unread: transport.has_unread(),
            transport: Some(transport),
            body: Some(body),
            framing,
            unwritten: Vec::new(),
            written: 0,
        }
    }

    /// Closes the connection after the response: the shutdown signal has come.
    pub(super) fn close_at_end(&mut self) {
        self.framing.close = true;
    }

    /// Sends the frames of the body. Returns the transport after the end of the response, or `None` if the
    /// connection is closed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Transport>> {
        loop {
            let Some(transport) = &mut self.transport else {
                return Poll::Ready(None);
            };
            let mut transport = Pin::new(transport);
            if self.body.is_some() && !self.has_unread {
                let mut bytes = [0; READ_BYTES];
                let mut buffer = ReadBuf::new(&mut bytes);
                match transport.as_mut().poll_read(cx, &mut buffer) {
                    Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                        transport.unread(Bytes::copy_from_slice(buffer.filled()));
                        self.has_unread = true;
                    }
                    // The peer has closed the connection, or it has failed.
                    Poll::Ready(_) => return Poll::Ready(None),
                    Poll::Pending => {}
                }
            }
            while self.written < self.unwritten.len() {
                let rest = &self.unwritten[self.written..];
                match ready!(transport.as_mut().poll_write(cx, rest)) {
                    Ok(count) if count > 0 => self.written += count,
                    Ok(_) | Err(_) => return Poll::Ready(None),
                }
            }
            self.unwritten = Vec::new();
            self.written = 0;
            let Some(body) = &mut self.body else {
                if !self.framing.close {
                    return Poll::Ready(self.transport.take());
                }
                return transport.poll_shutdown(cx).map(|_closed| None);
            };
            match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.unwritten = self.framing.encode(&data);
                    }
                }
                Some(Err(error)) => {
                    tracing::debug!(%error, "An event stream ended before it was complete");
                    return Poll::Ready(None);
                }
                None => {
                    // The request is no longer in progress, so the time for closing is bounded.
                    self.body = None;
                    if self.framing.chunked {
                        self.unwritten = LAST_CHUNK.to_vec();
                    }
                }
            }
        }
    }
}

impl StreamFraming {
    /// Returns the bytes that are sent for a frame of the body.
    fn encode(self, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(data.len() + 12);
        // A chunk without data would be the last one.
        if self.chunked && !data.is_empty() {
            // Writing to a vector cannot fail.
            let _infallible = write!(bytes, "{:X}\r\n", data.len());
            bytes.extend_from_slice(data);
            bytes.extend_from_slice(b"\r\n");
        } else {
            bytes.extend_from_slice(data);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn framing(method: &Method, version: Version, connection: &str) -> Option<(bool, bool)> {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_str(connection).unwrap());
        StreamFraming::of(method, version, &headers, true)
            .map(|framing| (framing.chunked, framing.close))
    }

    #[test]
    fn a_stream_is_chunked_in_http_1_1_and_ends_with_the_connection_in_http_1_0() {
        let get = |version, connection| framing(&Method::GET, version, connection);
        let keep = "keep-alive";
        assert_eq!(get(Version::HTTP_11, keep), Some((true, false)));
        assert_eq!(get(Version::HTTP_11, "te, Close"), Some((true, true)));
        assert_eq!(get(Version::HTTP_10, keep), Some((false, true)));
        assert_eq!(framing(&Method::HEAD, Version::HTTP_11, keep), None);
        let headers = HeaderMap::new();
        let with_body = StreamFraming::of(&Method::GET, Version::HTTP_11, &headers, false);
        assert_eq!(with_body, None);
    }

    #[test]
    fn a_frame_without_data_does_not_end_the_stream() {
        let framing = StreamFraming {
            chunked: true,
            close: false,
        };
        assert_eq!(
            framing.encode(&[b'x'; 26]),
            [b"1A\r\n", &[b'x'; 26][..], b"\r\n"].concat()
        );
        assert!(framing.encode(b"").is_empty());
    }
}
