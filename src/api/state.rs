//! What the handlers of the REST API share.

use std::sync::Arc;

use super::streams::Streams;
use crate::{
    domain::{Services, tokens::Tokens},
    ops::Clock,
};

/// The path under which all resources are.
pub const BASE: &str = "/api/v1";
/// The routes whose calls are not counted: event streams have bounds of their own, the time of the server
/// costs nothing, and pictures, of which one page loads many, are drawn in microseconds or made in a bounded
/// number at a time.
pub const UNCOUNTED: [&str; 6] = [
    "/api/v1/competitions/{id}/events",
    "/api/v1/me/events",
    "/api/v1/time",
    "/api/v1/competitions/{id}/cover.svg",
    "/api/v1/competitions/{id}/cover.png",
    "/api/v1/competitions/{id}/picture.jpg",
];

/// What the handlers need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ApiState {
    /// The functions of the domain.
    pub services: Arc<Services>,
    /// Issues and verifies access and refresh tokens.
    pub tokens: Tokens,
    /// The open event streams.
    pub streams: Streams,
    /// The clock, which tests can move.
    pub clock: Clock,
}
