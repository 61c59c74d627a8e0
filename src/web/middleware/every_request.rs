//! What every request passes, in this order. It is one layer, because each layer of axum costs about a
//! microsecond, and every request pays for all of them.
//!
//! | step | module |
//! | --- | --- |
//! | find the client's address | [`client_address`] |
//! | log and count the request | [`access_log`] |
//! | set the headers of the response | [`response_headers`] |
//! | apply the rules for other origins | [`cors`] |
//! | choose the language | [`languages`] |
//! | render errors as pages | [`error_pages`] |
//! | bound the body and the time | [`body_bounds`] |
//! | check the target | [`request_target`] |
//! | catch panics | [`panics`] |

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use tower_http::cors::CorsLayer;

use super::{
    access_log, body_bounds, client_address, cors, error_pages, languages, panics,
    request_language, request_target, response_headers,
    wrap::{InnerService, Inside, Middleware},
};
use crate::web::state::AppState;

/// Does what every request needs.
pub(in crate::web) struct EveryRequest {
    state: AppState,
    cors: Option<CorsLayer>,
}

impl EveryRequest {
    pub(in crate::web) fn new(state: &AppState) -> Self {
        Self {
            state: state.clone(),
            cors: cors::rules(&state.config),
        }
    }
}

impl Middleware for EveryRequest {
    async fn respond<I: InnerService>(
        self: Arc<Self>,
        mut request: Request,
        inner: Inside<I>,
    ) -> Response {
        let config = &self.state.config;
        client_address::attach(&config.trusted_proxies, &mut request);
        access_log::logged(request, |request| async {
            let mut response = match cors::applicable(&self.cors, &request) {
                Some(rules) => {
                    let this = Arc::clone(&self);
                    cors::apply(rules, request, move |request| this.inside(request, inner)).await
                }
                None => Arc::clone(&self).inside(request, inner).await,
            };
            response_headers::set(config, &mut response);
            response
        })
        .await
    }
}

impl EveryRequest {
    async fn inside<I: InnerService>(
        self: Arc<Self>,
        request: Request,
        inner: Inside<I>,
    ) -> Response {
        let config = &self.state.config;
        languages::negotiated(config, request, |request| async {
            let language = request_language::of(&request);
            let responding = body_bounds::bounded(config.body_limit, request, |request| {
                request_target::checked(request, |request| {
                    panics::caught(request, |request| inner.run(request))
                })
            });
            error_pages::rendered(&self.state, language, responding.await).await
        })
        .await
    }
}
