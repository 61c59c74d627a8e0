//! REST v1: one file for each resource. Handlers are thin: they read a request, call one function of the
//! domain, and encode its outcome. Every error leaves as problem details (RFC 9457).
//!
//! | module | what it holds |
//! | --- | --- |
//! | `auth`, `me`, `sessions`, `second_factor`, `competitions`, `covers`, `pictures`, `registrations`, `registration_pause`, `participants`, `saved_views`, `tickets`, `check_ins`, `badges`, `certificates`, `start_numbers`, `stages`, `results`, `divisions`, `questions`, `codes`, `brackets`, `matches`, `announcements`, `mailbox`, `statistics`, `staff`, `events`, `webhooks`, `admin`, `admin_health`, `admin_queues`, `admin_users`, `audit` | the resources |
//! | `streams`, `check_in_stream`, `stream_slots` | event streams, and the bounds on their number |
//! | `registrations_csv`, `registrations_xlsx`, `download_names` | the exports of registrations |
//! | [`caller`](Caller) | the account that sends a request |
//! | `extract`, `json_body`, `preconditions`, `accept` | how requests are read |
//! | [`error`](ApiError) | how errors are encoded |
//! | [`openapi`](openapi()), `problem_responses`, `common_responses`, `schema_bounds` | the OpenAPI document |
//! | `docs_page` | the document as a page to read |
//!
//! The layer depends on the domain and what is below it, never on `ui`.

mod accept;
mod admin;
mod admin_health;
mod admin_queues;
mod admin_users;
mod announcements;
mod api_keys;
mod audit;
mod auth;
pub mod badges;
mod brackets;
mod caller;
pub mod certificates;
mod check_in_stream;
mod check_ins;
pub mod codes;
mod common_responses;
mod competitions;
mod covers;
mod divisions;
mod docs_page;
mod download_names;
mod error;
mod events;
mod extract;
mod json_body;
mod key_scopes;
mod mailbox;
mod matches;
mod me;
mod openapi;
mod organizer_requests;
mod own_events;
mod participants;
mod path_operations;
mod picture_head;
mod pictures;
mod preconditions;
mod problem_responses;
mod push;
mod questions;
mod registration_pause;
mod registration_response;
mod registrations;
pub mod registrations_csv;
pub mod registrations_xlsx;
mod results;
mod saved_views;
mod schema_bounds;
mod second_factor;
mod server_time;
mod sessions;
mod staff;
mod stages;
mod start_numbers;
mod state;
mod statistics;
mod stream_frames;
mod stream_slots;
mod streams;
mod tickets;
mod webhooks;

use std::sync::Arc;

use axum::{Router, http::StatusCode, routing::get};

pub use caller::{Caller, CallerAccount, VerifiedKey, VerifiedToken, bearer_token};
pub use error::{ApiError, ApiResult, PROBLEM_JSON, RenderedError, problem_of};
pub use openapi::{openapi, openapi_json};
pub use registration_response::REGISTRATION_RESPONSES;
pub use state::{ApiState, BASE, UNCOUNTED};
pub use stream_slots::StreamLimits;
pub use streams::Streams;

/// Returns the service for the whole API: the resources under [`BASE`], the OpenAPI document and its
/// page.
pub fn router(state: ApiState) -> Router {
    let (resources, document) = openapi::resources().split_for_parts();
    let page = docs_page::page(&document);
    let json: Arc<str> = openapi::json(&document).into();
    resources
        .route(
            "/api/openapi.json",
            get(move || openapi::serve(json.clone())),
        )
        .route("/api/docs", get(move || docs_page::serve(page.clone())))
        .method_not_allowed_fallback(|| async {
            ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Method not allowed",
                |t| t.request_errors.method_unknown.to_owned(),
            )
        })
        .with_state(state)
}
