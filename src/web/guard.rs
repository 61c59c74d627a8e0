//! What keeps one request from hurting the others: a bound on how many there are, and a net for
//! those that panic. (How long each takes and how large it is: [`body`](super::body).)

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use futures::FutureExt;
use tokio::sync::Semaphore;

use super::refuse::{Form, refuse};
use crate::{api::ApiError, model::DomainError};

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
        let refusal = DomainError::Overloaded {
            retry_after: COME_BACK,
        };
        return refuse(request.uri().path(), request.headers(), refusal.into());
    };
    next.run(request).await
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

/// The refusal of a body that is too large.
pub(super) fn too_large(limit: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        "Too large",
        format!("A request has at most {} KiB.", limit / 1024),
    )
}
