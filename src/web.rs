//! The axum assembly: pages, server functions, the REST API and static files behind one stack of
//! layers.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`server`] | accepts connections, bounds them, and passes their requests to the [`router`] |
//! | [`middleware`] | the layers that every request passes, in order |
//! | [`handlers`] | pages, static files, downloads and forms outside of the REST API |
//! | [`error_response`] | errors as a page or as problem details |
//! | `arrivals` | counts the visitors of competitions, for their organizers |
//! | [`config`], [`state`] | the settings and the services that layers and handlers use |
//!
//! The layer depends on [`crate::api`] and [`crate::ui`] and on everything below them; only `startup`
//! uses it.

mod arrivals;
mod config;
mod documents;
mod error_response;
mod handlers;
mod middleware;
pub mod server;
mod state;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use tower::ServiceBuilder;

use arrivals::Arrivals;
pub use config::Config;
use documents::Documents;
pub use state::AppState;

use crate::{
    api::{ApiState, Streams},
    ops::health,
    store::sessions::Sessions,
};
use handlers::{
    calendar, codes_download, embed, manifest, pages, participants_download, pdf_downloads,
    service_worker::ServiceWorker, site_files, unsubscribe,
};
use middleware::{
    compression::CompressResponses, every_request::EveryRequest, guard::Guard,
    page_encoding::PageEncoding, rate_limits, sessions, wrap::wrap,
};

/// Returns the service for all requests, which can be served on any listener.
///
/// [`server::serve`] attaches the peer's address to each request. Limits by address need it, and are
/// skipped if it is unknown.
pub fn router(state: AppState) -> Router {
    let session_store = Sessions::new(
        state.database.clone(),
        state.ports.cache.clone(),
        state.clock.clone(),
    );
    let api = ApiState {
        services: state.services.clone(),
        tokens: state.tokens.clone(),
        streams: Streams::new(state.config.streams, state.stop.clone())
            .counted_by(state.services.stream_counts.clone()),
        clock: state.clock.clone(),
    };
    let limiter = rate_limits::RateLimitState::new(&state);
    let documents = Documents::new(&state, limiter.clone());
    let with_session = |router: Router| sessions::layers(router, &state, session_store.clone());

    let pages = pages::routes(&state).with_state(state.clone());
    let pages = with_session(pages)
        .layer(from_fn_with_state(limiter.clone(), rate_limits::forms))
        .layer(wrap(PageEncoding));
    let downloads_and_forms = Router::new()
        .route("/competitions/{id}/calendar.ics", get(calendar::download))
        .route("/competitions/{id}/opening.ics", get(calendar::opening))
        .route("/organize/{id}/codes.csv", get(codes_download::csv))
        .route(
            "/organize/{id}/registrations.csv",
            get(participants_download::csv),
        )
        .route(
            "/organize/{id}/registrations.xlsx",
            get(participants_download::xlsx),
        )
        .route(
            "/organize/{id}/badges.pdf",
            get(pdf_downloads::badge_sheets),
        )
        .route(
            "/registrations/{id}/certificate.pdf",
            get(pdf_downloads::certificate),
        )
        .route("/unsubscribe", post(unsubscribe::unsubscribe))
        .with_state(state.clone());
    let api = crate::api::router(api).layer(wrap(rate_limits::Calls(limiter)));
    let service_worker = ServiceWorker::new(&state.bundle);
    // Without sessions, so that they never set a cookie.
    let embedded = Router::new()
        .route("/competitions/{id}/embed", get(embed::frame))
        .route("/competitions/{id}/badge.svg", get(embed::badge))
        .with_state(state.clone());
    let dynamic = pages
        .merge(embedded)
        .route(
            "/service-worker.js",
            get(move || std::future::ready(service_worker.response())),
        )
        .route("/manifest.webmanifest", get(manifest::manifest))
        .merge(with_session(downloads_and_forms.merge(api)))
        .fallback_service(site_files::service(
            &state,
            with_session(pages::missing(&state)),
        ));

    // Few layers: with each call of `layer` the router boxes what is there, and copies it for each request.
    let guarded = dynamic
        .layer(wrap(Guard::new(&state.config)))
        .merge(health::router(probes(&state)));
    guarded.layer(
        ServiceBuilder::new()
            .layer(wrap(EveryRequest::new(&state)))
            .layer(wrap(Arrivals::new(&state)))
            .layer(wrap(documents))
            .layer(wrap(CompressResponses)),
    )
}

/// Returns the checks of `/readyz`.
fn probes(state: &AppState) -> Vec<health::Probe> {
    let database = state.database.clone();
    let cache = state.ports.cache.clone();
    vec![
        health::Probe::new("database", move || {
            let database = database.clone();
            async move { database.ping().await }
        }),
        // The memory port always answers, so this check can fail with Redis only.
        health::Probe::new("redis", move || {
            let cache = cache.clone();
            async move { cache.ping().await }
        }),
    ]
}
