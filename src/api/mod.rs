//! REST v1: one file a resource. Handlers are thin: they read a request, call one function of the
//! domain, and write its answer.

mod caller;
pub mod csv;
mod error;
mod seats;

use std::sync::Arc;

pub use caller::{Account, Caller, Visitor, bearer};
pub use error::{ApiError, ApiResult, PROBLEM_JSON};
pub use seats::Seats;

use crate::{
    domain::{Services, tokens::Tokens},
    ops::Clock,
};

/// What the handlers need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    /// Everything the application does.
    pub services: Services,
    /// Access and refresh tokens.
    pub tokens: Tokens,
    /// Event streams.
    pub seats: Seats,
    /// What time it is.
    pub clock: Clock,
    /// Where the pages are, for links in what is exported.
    pub public_url: Arc<str>,
}

/// All of it.
pub fn router(api: Api) -> axum::Router {
    axum::Router::new().with_state(api)
}
