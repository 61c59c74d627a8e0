//! Bounds the size of a request's body and the time to its response, and reads the rest of bodies
//! that no handler reads.
//!
//! Many requests get a response before their body is read: the client is not logged in, the address does
//! not exist, the media type is wrong. The connection can be used again only after the rest of the body was
//! read. What has arrived by then is read here. Otherwise the response says `Connection: close`, and the
//! server reads the rest while it closes the connection (`server/transport.rs`), so that a client which is
//! still sending finds the response and not a broken pipe.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use futures::StreamExt;
use hyper::body::{Frame, SizeHint};

use crate::{
    api::ApiError,
    model::{IMPORT_REQUEST, forms::PERFORMANCES_BYTES, picture::MAX_BYTES},
    ui::paths::{ACT_IMPORT, ACT_READ_IMPORT, ACT_UPLOAD_PICTURE},
    web::error_response::ErrorFormat,
};

/// How long a response may take to begin, the reading of the request's body included. Streams
/// (events, CSV) begin early and may last longer.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long the response to an upload may take to begin: a phone sends some megabytes slowly.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// The beginning of the paths of competitions in the API.
const COMPETITIONS: &str = "/api/v1/competitions/";
/// The end of the path of a competition's picture.
const PICTURE: &str = "/picture";
/// The beginning of the paths of stages in the API.
const STAGES: &str = "/api/v1/stages/";
/// The end of the path of a stage's results.
const PERFORMANCES: &str = "/performances";
/// The largest body of an upload, in bytes: a file, with the other fields of its form.
const UPLOAD_LIMIT: usize = MAX_BYTES + 64 * 1024;
/// How long a response waits for the rest of a body that no handler reads. The rest usually arrives
/// with the head or right after it.
const REST_TIMEOUT: Duration = Duration::from_millis(100);
/// Seconds after which a client whose request timed out may try again.
const RETRY_AFTER_SECONDS: u64 = 2;

/// Applies the bounds: 413 for a body that is larger than `limit` bytes, or than a picture where one is uploaded, 408 for a body that does not
/// arrive in time, 503 for a response that does not begin in time.
pub(super) async fn bounded<F: Future<Output = Response>>(
    limit: usize,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let format = ErrorFormat::negotiate(request.uri().path(), request.headers());
    let (limit, timeout) = if is_upload(&request) {
        (UPLOAD_LIMIT, UPLOAD_TIMEOUT)
    } else if is_results(&request) {
        (PERFORMANCES_BYTES, UPLOAD_TIMEOUT)
    } else if is_import(&request) {
        (IMPORT_REQUEST, UPLOAD_TIMEOUT)
    } else {
        (limit, RESPONSE_TIMEOUT)
    };
    if request.body().is_end_stream() {
        return match tokio::time::timeout(timeout, next(request)).await {
            Ok(response) => response,
            Err(_elapsed) => timed_out(format, timeout),
        };
    }
    if content_length(&request).is_some_and(|length| length > limit) {
        return closing(too_large(format, limit));
    }
    // A client that waits for `100 Continue` must not be asked for a body that is refused already (RFC
    // 9110, section 10.1.1), and to read the body would mean to ask for it.
    let expects_continue = request.headers().contains_key(header::EXPECT);
    let intake = Arc::new(Intake::default());
    let request = request.map(|body| {
        Body::new(Bounded {
            body,
            remaining: limit,
            intake: Arc::clone(&intake),
        })
    });
    let answered = tokio::time::timeout(timeout, next(request)).await;
    let response = match answered {
        _ if intake.is(OVERFLOWED) => too_large(format, limit),
        Ok(response) => response,
        Err(_elapsed) if intake.is(AWAITED) => format.render(too_slow(timeout)),
        Err(_elapsed) => timed_out(format, timeout),
    };
    let may_read_rest = !intake.is(OVERFLOWED) && (intake.is(BEGUN) || !expects_continue);
    if intake.is(ENDED) || (may_read_rest && intake.read_rest().await) {
        response
    } else {
        closing(response)
    }
}

/// Returns whether the body of the request may be the picture of a competition.
fn is_upload(request: &Request) -> bool {
    let path = request.uri().path();
    let picture = || {
        let id = path.strip_prefix(COMPETITIONS)?.strip_suffix(PICTURE)?;
        Some(!id.contains('/'))
    };
    match *request.method() {
        Method::PUT => picture() == Some(true),
        Method::POST => path == ACT_UPLOAD_PICTURE,
        _ => false,
    }
}

/// Returns whether the body of the request may be a list of results.
fn is_results(request: &Request) -> bool {
    let path = request.uri().path();
    let stage = || path.strip_prefix(STAGES)?.strip_suffix(PERFORMANCES);
    request.method() == Method::POST && stage().is_some_and(|id| !id.contains('/'))
}

/// Returns whether the body of the request may be a list of participants, who take a while to be added.
fn is_import(request: &Request) -> bool {
    let path = request.uri().path();
    request.method() == Method::POST && [ACT_READ_IMPORT, ACT_IMPORT].contains(&path)
}

/// Returns the length that the request announces for its body, in bytes.
fn content_length(request: &Request) -> Option<usize> {
    let length = request.headers().get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// Announces that the connection is closed after this response.
fn closing(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn too_large(format: ErrorFormat, limit: usize) -> Response {
    let kibibytes = u64::try_from(limit / 1024).unwrap_or(u64::MAX);
    let error = match format {
        ErrorFormat::Problem => ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "Too large",
            move |t| t.request_errors.request_too_large(kibibytes),
        ),
        ErrorFormat::Page if limit == UPLOAD_LIMIT => ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "picture-too-large",
            "Picture too large",
            |t| t.frame.too_large_picture.to_owned(),
        ),
        // The input is lost here, but the browser still has it.
        ErrorFormat::Page => ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "Too large",
            |t| t.frame.too_large.to_owned(),
        ),
    };
    format.render(error)
}

fn too_slow(timeout: Duration) -> ApiError {
    ApiError::new(
        StatusCode::REQUEST_TIMEOUT,
        "timeout",
        "Request timeout",
        move |t| t.request_errors.too_slow(timeout.as_secs()),
    )
}

fn timed_out(format: ErrorFormat, timeout: Duration) -> Response {
    tracing::error!(
        "Stopped a request that had no response after {} s",
        timeout.as_secs()
    );
    let error = ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "timeout",
        "Took too long",
        |t| t.request_errors.timed_out.to_owned(),
    );
    format.render(error.retry_after(RETRY_AFTER_SECONDS))
}

/// The handler has asked for some of the body.
const BEGUN: u8 = 1;
/// The handler waits for more of the body.
const AWAITED: u8 = 2;
/// The body was read to its end, or can't be read any more.
const ENDED: u8 = 4;
/// The body is larger than it may be.
const OVERFLOWED: u8 = 8;

/// What has happened to a request's body so far; shared by the body and the layer.
#[derive(Debug, Default)]
struct Intake {
    state: AtomicU8,
    /// The part of the body that the handler did not read.
    rest: Mutex<Option<Body>>,
}

impl Intake {
    fn is(&self, flag: u8) -> bool {
        self.state.load(Relaxed) & flag != 0
    }

    fn set(&self, flags: u8) {
        self.state.fetch_or(flags, Relaxed);
    }

    fn rest(&self) -> MutexGuard<'_, Option<Body>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what the handler left. Returns whether all of it arrived in time.
    async fn read_rest(&self) -> bool {
        let Some(body) = self.rest().take() else {
            return false;
        };
        let mut chunks = body.into_data_stream();
        let reading = async {
            loop {
                match chunks.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(_)) => return false,
                    None => return true,
                }
            }
        };
        tokio::time::timeout(REST_TIMEOUT, reading)
            .await
            .unwrap_or(false)
    }
}

/// A body that yields at most `remaining` bytes, and leaves its rest to the [`Intake`].
struct Bounded {
    body: Body,
    remaining: usize,
    intake: Arc<Intake>,
}

/// The body is larger than it may be.
#[derive(Debug, thiserror::Error)]
#[error("the body is larger than it may be")]
struct TooLarge;

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        this.intake.set(BEGUN | AWAITED);
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        this.intake.state.fetch_and(!AWAITED, Relaxed);
        let length = match &frame {
            None | Some(Err(_)) => {
                this.intake.set(ENDED);
                return Poll::Ready(frame);
            }
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
        };
        let Some(remaining) = this.remaining.checked_sub(length) else {
            this.intake.set(OVERFLOWED);
            return Poll::Ready(Some(Err(axum::Error::new(TooLarge))));
        };
        this.remaining = remaining;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        if self.body.is_end_stream() {
            self.intake.set(ENDED);
        } else {
            let body = std::mem::take(&mut self.body);
            *self.intake.rest() = Some(body);
        }
    }
}
