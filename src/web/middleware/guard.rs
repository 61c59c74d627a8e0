//! Refuses requests before they cost anything: when too many are in progress, and when a page of another
//! site sent them.

use std::sync::Arc;

use axum::{extract::Request, response::Response};

use super::{
    csrf::{self, Origins},
    overload::RequestCapacity,
    wrap::{InnerService, Inside, Middleware},
};
use crate::web::config::Config;

/// Guards everything but the health checks.
pub(in crate::web) struct Guard {
    capacity: RequestCapacity,
    origins: Origins,
    config: Arc<Config>,
}

impl Guard {
    pub(in crate::web) fn new(config: &Arc<Config>) -> Self {
        Self {
            capacity: RequestCapacity::new(config.max_in_flight),
            origins: Origins::of(config),
            config: Arc::clone(config),
        }
    }
}

impl Middleware for Guard {
    async fn respond<I: InnerService>(
        self: Arc<Self>,
        request: Request,
        inner: Inside<I>,
    ) -> Response {
        let _permit = match self.capacity.admit(&request) {
            Ok(permit) => permit,
            Err(refused) => return *refused,
        };
        match csrf::check(&self.origins, &self.config, &request) {
            Ok(()) => inner.run(request).await,
            Err(refused) => *refused,
        }
    }
}
