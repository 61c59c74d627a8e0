//! REST v1: one file a resource. Handlers are thin: they read a request, call one function of the
//! domain, and write its answer. Whatever goes wrong leaves as problem details.
//!
//! | room | what |
//! | --- | --- |
//! | `auth`, `me`, `competitions`, `registrations`, `mailbox`, `events`, `admin`, `audit` | the resources |
//! | [`caller`](Caller) | who calls |
//! | `extract`, `json`, `conditional` | reading bodies, paths, queries; `ETag`, `If-Match`, `Accept` |
//! | [`error`](ApiError), `problems` | how a "no" looks, and how the document describes it |
//! | [`openapi`](openapi()), `statuses`, `bounds` | the document, completed by what holds for every operation |
//! | `docs` | a page made of it |

mod admin;
mod audit;
mod auth;
mod bounds;
mod caller;
mod competitions;
mod conditional;
pub mod csv;
mod docs;
mod error;
mod events;
mod extract;
mod json;
mod mailbox;
mod me;
mod openapi;
mod problems;
mod registration_response;
mod registrations;
mod statuses;
mod stream_slots;
mod streams;

use std::sync::Arc;

use axum::{Router, http::StatusCode, routing::get};

pub use caller::{Account, Caller, Verified, bearer};
pub use error::{ApiError, ApiResult, PROBLEM_JSON};
pub use openapi::{openapi, openapi_json};
pub use registration_response::REGISTRATION_RESPONSES;
pub use stream_slots::StreamLimits;
pub use streams::Streams;

use crate::{
    domain::{Services, tokens::Tokens},
    ops::Clock,
};

/// Where it begins.
pub const BASE: &str = "/api/v1";
/// The route of event streams, which limits of their own bound.
pub const EVENTS: &str = "/api/v1/competitions/{id}/events";

/// What the handlers need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    /// Everything the application does.
    pub services: Arc<Services>,
    /// Access and refresh tokens.
    pub tokens: Tokens,
    /// Event streams.
    pub streams: Streams,
    /// What time it is.
    pub clock: Clock,
}

/// All of it: the resources under [`BASE`], the document and its page.
pub fn router(api: Api) -> Router {
    let (resources, document) = openapi::resources().split_for_parts();
    let page = docs::page(&document);
    let json: Arc<str> = openapi::json(&document).into();
    resources
        .route(
            "/api/openapi.json",
            get(move || openapi::serve(json.clone())),
        )
        .route("/api/docs", get(move || docs::serve(page.clone())))
        .method_not_allowed_fallback(|| async {
            ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Method not allowed",
                "This address does not know that method. `Allow` lists those it knows.",
            )
        })
        .with_state(api)
}
