//! What keeps one request from hurting the others: a bound on how many there are, on how long each
//! takes and on how large it is, and a net for those that panic.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    RequestExt,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures::{FutureExt, StreamExt};
use tokio::sync::Semaphore;

use super::refuse::{Form, refuse};
use crate::{api::ApiError, model::Refusal};

/// How long an answer may take to begin. What streams (events, CSV) begins early and may go on.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of a body that is too large which are read all the same.
const PASSED_OVER: usize = 4 << 20;
/// Seconds after which those who were turned away may try again.
const COME_BACK: u64 = 2;

/// Room for so many requests at the same time.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }
}

/// Turns requests away, at once, when there is no room: nobody waits in a queue without end.
pub(super) async fn overload(State(room): State<Room>, request: Request, next: Next) -> Response {
    let Ok(_place) = room.0.try_acquire() else {
        let refusal = Refusal::Overloaded {
            retry_after: COME_BACK,
        };
        return refuse(request.uri().path(), request.headers(), refusal.into());
    };
    next.run(request).await
}

/// Gives up on requests that do not come to an answer.
pub(super) async fn timeout(request: Request, next: Next) -> Response {
    let form = Form::fit_for(request.uri().path(), request.headers());
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("no answer in time");
            let error = ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "timeout",
                "Took too long",
                "That took too long and was given up. Trying again is safe.",
            );
            form.refuse(error.retry_after(COME_BACK))
        }
    }
}

/// Turns a panic into a 500, so that it ends a request and not the connection.
pub(super) async fn panics(request: Request, next: Next) -> Response {
    let form = Form::fit_for(request.uri().path(), request.headers());
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let what = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("(no message)");
            tracing::error!(panic = what, "a handler panicked");
            let error = ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal-error",
                "Internal error",
                "Something went wrong on our side. It has been noted.",
            );
            form.refuse(error)
        }
    }
}

/// Refuses bodies that are too large: at once where the length is announced, and otherwise when
/// the handler has read that far.
pub(super) async fn body_limit(
    State(limit): State<usize>,
    mut request: Request,
    next: Next,
) -> Response {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        let (parts, body) = request.into_parts();
        pass_over(body).await;
        return refuse(parts.uri.path(), &parts.headers, too_large(limit));
    }
    DefaultBodyLimit::max(limit).apply(&mut request);
    next.run(request.with_limited_body()).await
}

/// Reads what nobody wants, up to a bound: who is cut off while still sending sees a broken
/// connection and not the answer.
async fn pass_over(body: Body) {
    let mut chunks = body.into_data_stream();
    let mut passed = 0;
    while passed < PASSED_OVER
        && let Some(Ok(chunk)) = chunks.next().await
    {
        passed += chunk.len();
    }
}

/// The refusal of a body that is too large.
pub(super) fn too_large(limit: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        "Too large",
        format!("A request has at most {} KiB.", limit / 1024),
    )
}
