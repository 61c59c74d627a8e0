//! The axum assembly: pages, server functions, the REST API and static files behind one stack of
//! layers.
//!
//! The way of a request through [`router`]: [`client_address`] (outermost), [`observe`],
//! [`headers`], [`cors`], [`body`], [`message`], [`guard`], [`csrf`], [`limits`] for forms,
//! [`cookies`], [`session`], [`limits`] for calls of the API, a handler. [`server`] is what it
//! comes from.

mod body;
mod calendar;
mod client_address;
mod config;
mod cookies;
mod cors;
pub mod csrf;
mod export;
mod guard;
mod headers;
mod limits;
mod message;
mod observe;
mod pages;
mod refuse;
pub mod server;
mod session;
mod unsubscribe;

use std::sync::Arc;

use axum::{
    Router,
    extract::FromRef,
    http::HeaderName,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::compression::{
    CompressionLayer, CompressionLevel, Predicate,
    predicate::{DefaultPredicate, SizeAbove},
};

pub use config::Config;

use crate::{
    api::{Api, Streams},
    domain::{Services, tokens::Tokens},
    ops::{Clock, health},
    store::{Database, ports::Ports, sessions::Sessions},
    ui::Bundle,
};

/// Everything the web needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    /// Everything the application does.
    pub services: Arc<Services>,
    /// The five ports.
    pub ports: Ports,
    /// The database, for sessions and `/readyz`.
    pub database: Database,
    /// Access and refresh tokens.
    pub tokens: Tokens,
    /// What time it is.
    pub clock: Clock,
    /// What of the settings the web needs.
    pub config: Arc<Config>,
    /// Where the pages find the browser bundle.
    pub leptos: LeptosOptions,
    /// Whether there is a browser bundle.
    pub bundle: Bundle,
    /// Cancelled at shutdown: event streams end then.
    pub stop: CancellationToken,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

/// A request header that names a request in the logs of whoever calls; ours in the answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The whole application, to be served on any listener.
///
/// [`server::serve`] tells it the peer's address. Limits by address need that, and are skipped where
/// it is unknown.
pub fn router(state: AppState) -> Router {
    let sessions = Sessions::new(
        state.database.clone(),
        state.ports.cache.clone(),
        state.clock.clone(),
    );
    let api = Api {
        services: state.services.clone(),
        tokens: state.tokens.clone(),
        streams: Streams::new(state.config.streams, state.stop.clone()),
        clock: state.clock.clone(),
    };
    let limiter = limits::Limiter::new(&state);
    let known = |router: Router| {
        session::layers(router, &state, sessions.clone())
            .layer(from_fn_with_state(state.config.clone(), cookies::layer))
    };

    let pages = pages::routes(&state).with_state(state.clone());
    let pages = known(pages).layer(from_fn_with_state(limiter.clone(), limits::forms));
    let files_beside = Router::new()
        .route("/competitions/{id}/calendar.ics", get(calendar::download))
        .route("/organize/{id}/registrations.csv", get(export::download))
        .route("/unsubscribe", post(unsubscribe::unsubscribe))
        .with_state(state.clone());
    let api = crate::api::router(api).layer(from_fn_with_state(limiter, limits::calls));
    let dynamic = pages
        .merge(known(files_beside.merge(api)))
        .fallback_service(pages::files(&state, known));

    // One stack a call, not one layer a call: between two calls the router puts a box around what
    // is there, and each layer clones all that is inside it for each request.
    let guarded = dynamic
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(
                    guard::Room::new(state.config.max_in_flight),
                    guard::overload,
                ))
                .layer(from_fn_with_state(state.config.clone(), csrf::layer)),
        )
        .merge(health::router(probes(&state)));
    guarded.layer(
        ServiceBuilder::new()
            .layer(from_fn_with_state(
                state.config.trusted_proxies.clone(),
                client_address::layer,
            ))
            .layer(from_fn(observe::layer))
            .layer(from_fn_with_state(state.config.clone(), headers::layer))
            .layer(from_fn_with_state(cors::api(&state.config), cors::layer))
            .layer(from_fn_with_state(state.clone(), pages::refusals))
            .layer(from_fn_with_state(state.config.body_limit, body::layer))
            .layer(from_fn(message::layer))
            .layer(from_fn(guard::panics))
            .layer(compression()),
    )
}

fn probes(state: &AppState) -> Vec<health::Probe> {
    let database = state.database.clone();
    let cache = state.ports.cache.clone();
    vec![
        health::Probe::new("database", move || {
            let database = database.clone();
            async move { database.ping().await }
        }),
        // The memory port always answers, so this is about Redis or nothing.
        health::Probe::new("redis", move || {
            let cache = cache.clone();
            async move { cache.ping().await }
        }),
    ]
}

/// For what is made on the fly; files under `/pkg` lie there compressed already. Event streams are
/// left alone (the default predicate sees to that): they must not be held back in a buffer.
fn compression() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new()
        .quality(CompressionLevel::Precise(4))
        .compress_when(DefaultPredicate::new().and(SizeAbove::new(512)))
}
