//! Turns away who asks too often, before it costs anything.
//!
//! Each limit is a layer around the routes it is about; the numbers stand in [`Limit`]. What depends
//! on what a request says (guessing passwords, registering) is counted where that is understood, in
//! the domain.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{AppState, refuse::Form};
use crate::{
    api::{ApiError, Verified, bearer},
    domain::{
        ClientAddress, Services, Viewer,
        limits::{Exceeded, Limit},
        tokens::Tokens,
    },
    model::{DomainError, UserId},
};

/// What the layers need. Cheap to clone.
#[derive(Clone)]
pub(super) struct Limiter {
    services: Arc<Services>,
    tokens: Tokens,
}

impl Limiter {
    pub(super) fn new(state: &AppState) -> Self {
        Self {
            services: state.services.clone(),
            tokens: state.tokens.clone(),
        }
    }

    /// Who calls the API, if they prove it. A token is verified once: the handler finds the result.
    fn account(&self, request: &mut Request) -> Option<UserId> {
        match bearer(request.headers()) {
            Some(token) => {
                let actor = self.tokens.verify(token).ok()?;
                request.extensions_mut().insert(Verified(actor));
                Some(actor.id)
            }
            None => {
                let viewer = request.extensions().get::<Viewer>()?;
                viewer.0.as_ref().map(|user| user.id)
            }
        }
    }
}

/// Around pages and server functions, and outside sessions: counts the forms that come from one
/// network. Answers with a page also where a server function found that it was too often.
pub(super) async fn forms(
    State(limiter): State<Limiter>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let form = Form::fit_for(request.uri().path(), request.headers());
    let client = request.extensions().get::<ClientAddress>().copied();
    let limits = &limiter.services.limits;
    if let Err(exceeded) = limits.count_network(Limit::FORMS, client).await {
        return form.refuse(too_often(exceeded));
    }
    let response = next.run(request).await;
    if response.status() != StatusCode::TOO_MANY_REQUESTS {
        return response;
    }
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let seconds = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    form.refuse(ApiError::from(DomainError::TooManyRequests {
        retry_after: seconds.unwrap_or(1),
    }))
}

/// Around the API: counts the calls of each account, and those of nobody in particular by network.
pub(super) async fn calls(
    State(limiter): State<Limiter>,
    mut request: Request,
    next: Next,
) -> Response {
    // Event streams have bounds of their own, and a crowd that reloads before an opening must not use
    // up everybody's calls.
    let streams = |path: &MatchedPath| path.as_str() == crate::api::EVENTS;
    if request.extensions().get().is_some_and(streams) {
        return next.run(request).await;
    }
    let limits = &limiter.services.limits;
    let counted = match limiter.account(&mut request) {
        Some(account) => limits.count(Limit::CALLS, &account.to_string()).await,
        None => {
            let client = request.extensions().get::<ClientAddress>().copied();
            limits.count_network(Limit::STRANGERS_CALLS, client).await
        }
    };
    match counted {
        Ok(()) => next.run(request).await,
        Err(exceeded) => Form::Problem.refuse(too_often(exceeded)),
    }
}

fn too_often(exceeded: Exceeded) -> ApiError {
    DomainError::from(exceeded).into()
}
