//! Bounds the number of requests that are in progress at the same time, so that memory stays bounded
//! and the requests that were accepted are served in good time.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tokio::sync::Semaphore;

use crate::{model::DomainError, web::error_response::error_response};

/// Seconds after which a refused client may try again.
const RETRY_AFTER_SECONDS: u64 = 2;

/// The capacity for requests in progress. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::web) struct RequestCapacity(Arc<Semaphore>);

impl RequestCapacity {
    /// Creates a capacity for `requests` at the same time.
    pub(in crate::web) fn new(requests: usize) -> Self {
        Self(Arc::new(Semaphore::new(requests)))
    }
}

/// Refuses a request at once with 503 when the capacity is used up: no request waits in a queue.
pub(in crate::web) async fn layer(
    State(capacity): State<RequestCapacity>,
    request: Request,
    next: Next,
) -> Response {
    let Ok(_permit) = capacity.0.try_acquire() else {
        let error = DomainError::Overloaded {
            retry_after: RETRY_AFTER_SECONDS,
        };
        return error_response(request.uri().path(), request.headers(), error.into());
    };
    next.run(request).await
}
