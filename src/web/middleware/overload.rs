//! Bounds the number of requests that are in progress at the same time, so that memory stays bounded
//! and the requests that were accepted are served in good time.

use axum::{extract::Request, response::Response};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{model::DomainError, web::error_response::error_response};

/// Seconds after which a refused client may try again.
const RETRY_AFTER_SECONDS: u64 = 2;

/// The capacity for requests in progress.
#[derive(Debug)]
pub(super) struct RequestCapacity(Semaphore);

impl RequestCapacity {
    /// Creates a capacity for `requests` at the same time.
    pub(super) fn new(requests: usize) -> Self {
        Self(Semaphore::new(requests))
    }

    /// Returns the permit for one request, or the response 503 when the capacity is used up: no request
    /// waits in a queue.
    pub(super) fn admit(&self, request: &Request) -> Result<SemaphorePermit<'_>, Box<Response>> {
        self.0.try_acquire().map_err(|_| {
            let error = DomainError::Overloaded {
                retry_after: RETRY_AFTER_SECONDS,
            };
            let (path, headers) = (request.uri().path(), request.headers());
            Box::new(error_response(path, headers, error.into()))
        })
    }
}
