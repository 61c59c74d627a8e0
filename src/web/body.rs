//! What a request's body may cost: how large it is, how long it takes, and what happens to the rest
//! of one that nobody reads.
//!
//! Many requests are answered before their body is read: nobody is logged in, the address does not
//! exist, the type is wrong. The connection can then only go on if the rest is read too. What has
//! arrived by then is read here; what has not is announced with `Connection: close`, and the server
//! reads it while it closes (`server/transport.rs`), so that a client which is still sending finds
//! its answer and no broken pipe.

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
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures::StreamExt;
use hyper::body::{Frame, SizeHint};

use super::{guard, refuse::Form};
use crate::{api::ApiError, ui::text::text};

/// How long an answer may take to begin, its request's body included. What streams (events, CSV)
/// begins early and may go on.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long the rest of a body that nobody reads is waited for before the answer leaves: it usually
/// has arrived with the head, or comes right after it.
const REST: Duration = Duration::from_millis(100);
/// Seconds after which who got no answer in time may try again.
const COME_BACK: u64 = 2;

/// Bounds a request's body and the time to its answer.
pub(super) async fn layer(State(limit): State<usize>, request: Request, next: Next) -> Response {
    let form = Form::fit_for(request.uri().path(), request.headers());
    if request.body().is_end_stream() {
        return match tokio::time::timeout(PATIENCE, next.run(request)).await {
            Ok(response) => response,
            Err(_elapsed) => no_answer(form),
        };
    }
    if announced(&request).is_some_and(|length| length > limit) {
        return closing(too_large(form, limit));
    }
    // Nobody has to send a body that is refused already (RFC 9110, section 10.1.1), and to read it
    // would mean to ask for it.
    let asks = request.headers().contains_key(header::EXPECT);
    let intake = Arc::new(Intake::default());
    let request = request.map(|body| {
        Body::new(Bounded {
            body,
            room: limit,
            intake: Arc::clone(&intake),
        })
    });
    let answered = tokio::time::timeout(PATIENCE, next.run(request)).await;
    let response = match answered {
        _ if intake.is(OVERFLOWED) => too_large(form, limit),
        Ok(response) => response,
        Err(_elapsed) if intake.is(AWAITED) => form.refuse(too_slow()),
        Err(_elapsed) => no_answer(form),
    };
    let may_go_on = !intake.is(OVERFLOWED) && (intake.is(BEGUN) || !asks);
    if intake.is(ENDED) || (may_go_on && intake.read_rest().await) {
        response
    } else {
        closing(response)
    }
}

/// The length of the body, where it is announced.
fn announced(request: &Request) -> Option<usize> {
    let length = request.headers().get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// Says that this is the connection's last answer.
fn closing(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn too_large(form: Form, limit: usize) -> Response {
    let error = match form {
        Form::Problem => guard::too_large(limit),
        // What was typed is on its way still and never comes here; the browser has it.
        Form::Page => ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            text().frame.too_large_title,
            text().frame.too_large,
        ),
    };
    form.refuse(error)
}

fn too_slow() -> ApiError {
    ApiError::new(
        StatusCode::REQUEST_TIMEOUT,
        "timeout",
        "Request timeout",
        format!(
            "The request's body did not arrive within {} s. Nothing was done with it.",
            PATIENCE.as_secs()
        ),
    )
}

fn no_answer(form: Form) -> Response {
    tracing::error!("no answer in time");
    let error = ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "timeout",
        "Took too long",
        "That took too long and was given up. Trying again is safe.",
    );
    form.refuse(error.retry_after(COME_BACK))
}

/// Some of it was asked for.
const BEGUN: u8 = 1;
/// The handler waits for more of it.
const AWAITED: u8 = 2;
/// It is read to its end, or can't be read any more.
const ENDED: u8 = 4;
/// It is larger than it may be.
const OVERFLOWED: u8 = 8;

/// What became of a body.
#[derive(Debug, Default)]
struct Intake {
    state: AtomicU8,
    /// What the handler left.
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

    /// Reads what the handler left, if all of it is here; whether that is so.
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
        tokio::time::timeout(REST, reading).await.unwrap_or(false)
    }
}

/// A body that hands out no more than it may, and leaves its rest behind.
struct Bounded {
    body: Body,
    room: usize,
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
        let Some(room) = this.room.checked_sub(length) else {
            this.intake.set(OVERFLOWED);
            return Poll::Ready(Some(Err(axum::Error::new(TooLarge))));
        };
        this.room = room;
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
