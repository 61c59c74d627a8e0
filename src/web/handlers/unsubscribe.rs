//! Turns mail of one kind off, from the link in a mail: by the form on the link's page, or by a mail
//! program's one-click request (RFC 8058), which has neither a session nor an origin.

use axum::{
    Form,
    extract::{FromRequest, Query, Request, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::{
    api::ApiError,
    model::DomainError,
    web::{error_response::error_response, state::AppState},
};

/// The signed token, which is either in the link or in the page's form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct UnsubscribeToken {
    token: Option<String>,
}

/// `POST /unsubscribe`: turns the mail that the token names off and redirects to the page
/// that confirms it.
pub(in crate::web) async fn unsubscribe(
    State(state): State<AppState>,
    Query(link): Query<UnsubscribeToken>,
    request: Request,
) -> Response {
    let headers = HeaderMap::clone(request.headers());
    // A body that is not a form has no token; the link may have one.
    let form_token = match Form::<UnsubscribeToken>::from_request(request, &state).await {
        Ok(Form(form)) => form.token,
        Err(_) => None,
    };
    let result = match link.token.or(form_token) {
        Some(token) => state.services.preferences.unsubscribe(&token).await,
        None => Err(DomainError::NotFound.into()),
    };
    match result {
        Ok(_) => Redirect::to("/unsubscribe?done=1").into_response(),
        Err(error) => error_response("/unsubscribe", &headers, ApiError::from(error)),
    }
}
