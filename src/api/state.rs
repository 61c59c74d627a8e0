//! What the handlers of the REST API share.

use std::sync::Arc;

use super::streams::Streams;
use crate::{
    domain::{Services, tokens::Tokens},
    ops::Clock,
};

/// The path under which all resources are.
pub const BASE: &str = "/api/v1";
/// The routes of the event streams, which have bounds of their own.
pub const EVENT_STREAMS: [&str; 2] = ["/api/v1/competitions/{id}/events", "/api/v1/me/events"];

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
