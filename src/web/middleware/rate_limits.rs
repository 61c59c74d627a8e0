//! Refuses clients that send too many requests, before the requests cost anything.
//!
//! Each limit is a layer around the routes that it concerns; the numbers are in [`RateLimit`]. Limits that
//! depend on a request's content (password guessing, registering) are counted in the domain.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::wrap::{InnerService, Inside, Middleware};
use crate::{
    api::{ApiError, VerifiedKey, VerifiedToken, bearer_token},
    domain::{
        ClientAddress, Error, Services, Viewer,
        api_keys::is_api_key,
        rate_limits::{RateLimit, RateLimitExceeded},
        tokens::Tokens,
    },
    model::{DomainError, UserId},
    web::{error_response::ErrorFormat, state::AppState},
};

/// What the layers of this module need. Cheap to clone.
#[derive(Clone)]
pub(in crate::web) struct RateLimitState {
    services: Arc<Services>,
    tokens: Tokens,
}

impl RateLimitState {
    pub(in crate::web) fn new(state: &AppState) -> Self {
        Self {
            services: state.services.clone(),
            tokens: state.tokens.clone(),
        }
    }

    /// Returns the account that calls the API, if the request proves one. A token is verified once: the
    /// handler finds the result in the request's extensions. So is an API key, unless the database is unavailable.
    async fn account(&self, request: &mut Request) -> Option<UserId> {
        match bearer_token(request.headers()) {
            Some(token) if is_api_key(token) => {
                let key = match self.services.api_keys.verify(token).await {
                    Ok(key) => Some(key),
                    Err(Error::Domain(_)) => None,
                    // The handler meets the same outage, and reports it.
                    Err(Error::Infrastructure(_)) => return None,
                };
                let account = key.as_ref().map(|key| key.user.id);
                request.extensions_mut().insert(VerifiedKey(key));
                account
            }
            Some(token) => {
                let token = self.tokens.verify(token).ok()?;
                request.extensions_mut().insert(VerifiedToken(token));
                Some(token.actor.id)
            }
            None => {
                let viewer = request.extensions().get::<Viewer>()?;
                viewer.user.as_ref().map(|user| user.id)
            }
        }
    }

    async fn count_call(&self, request: &mut Request) -> Result<(), RateLimitExceeded> {
        let limits = &self.services.limits;
        match self.account(request).await {
            Some(account) => limits.count(RateLimit::CALLS, &account.to_string()).await,
            None => {
                let client = request.extensions().get::<ClientAddress>().copied();
                self.count_anonymous(client).await
            }
        }
    }

    /// Counts an anonymous call of the API.
    ///
    /// # Errors
    /// Returns [`RateLimitExceeded`] if it is one too many.
    pub(in crate::web) async fn count_anonymous(
        &self,
        client: Option<ClientAddress>,
    ) -> Result<(), RateLimitExceeded> {
        let limits = &self.services.limits;
        limits
            .count_network(RateLimit::ANONYMOUS_CALLS, client)
            .await
    }
}

/// Surrounds pages and server functions, outside of sessions: counts the forms that come from one
/// network. Adds the body also if a server function itself responded with 429.
pub(in crate::web) async fn forms(
    State(limiter): State<RateLimitState>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let format = ErrorFormat::negotiate(request.uri().path(), request.headers());
    let client = request.extensions().get::<ClientAddress>().copied();
    let limits = &limiter.services.limits;
    if let Err(exceeded) = limits.count_network(RateLimit::FORMS, client).await {
        let error = too_many_requests(exceeded);
        return format.render(match format {
            ErrorFormat::Problem => error,
            ErrorFormat::Page => for_people(&error),
        });
    }
    let response = next.run(request).await;
    if response.status() != StatusCode::TOO_MANY_REQUESTS {
        return response;
    }
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let seconds = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    format.render(ApiError::from(DomainError::TooManyRequests {
        retry_after: seconds.unwrap_or(1),
    }))
}

/// Returns the error in words for the person whose form was not read. The browser still has what was typed.
fn for_people(error: &ApiError) -> ApiError {
    let seconds = error.retry_after_seconds().unwrap_or(1);
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-requests",
        "Too many requests",
        move |t| t.frame.too_fast(seconds),
    )
    .retry_after(seconds)
}

/// Surrounds the API: counts the calls of each account, and anonymous calls by network.
pub(in crate::web) struct Calls(pub(in crate::web) RateLimitState);

impl Middleware for Calls {
    async fn respond<I: InnerService>(
        self: Arc<Self>,
        mut request: Request,
        inner: Inside<I>,
    ) -> Response {
        // Many people who reload a page before registration opens, and the pictures of a page, must not use up
        // the calls of everyone in their network.
        let is_uncounted = |path: &MatchedPath| crate::api::UNCOUNTED.contains(&path.as_str());
        if request.extensions().get().is_some_and(is_uncounted) {
            return inner.run(request).await;
        }
        match self.0.count_call(&mut request).await {
            Ok(()) => inner.run(request).await,
            Err(exceeded) => ErrorFormat::Problem.render(too_many_requests(exceeded)),
        }
    }
}

/// Returns the error that reports a limit which was exceeded.
pub(in crate::web) fn too_many_requests(exceeded: RateLimitExceeded) -> ApiError {
    DomainError::from(exceeded).into()
}
