//! Turning reminders by mail off, from the link in one: by the page's form, or by a mail program's
//! one click (RFC 8058), which has no session and no origin.

use axum::{
    Form,
    extract::{FromRequest, Query, Request, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{AppState, refuse::refuse};
use crate::{api::ApiError, model::DomainError};

/// Where the signed token may stand: in the link, or in the page's form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    token: Option<String>,
}

/// `POST /unsubscribe`
pub(super) async fn unsubscribe(
    State(state): State<AppState>,
    Query(link): Query<Link>,
    request: Request,
) -> Response {
    let headers = HeaderMap::clone(request.headers());
    // A body that is no form holds no token: the link may.
    let typed = match Form::<Link>::from_request(request, &state).await {
        Ok(Form(typed)) => typed.token,
        Err(_) => None,
    };
    let outcome = match link.token.or(typed) {
        Some(token) => state.services.preferences.unsubscribe(&token).await,
        None => Err(DomainError::NotFound.into()),
    };
    match outcome {
        Ok(()) => Redirect::to("/unsubscribe?done=1").into_response(),
        Err(error) => refuse("/unsubscribe", &headers, ApiError::from(error)),
    }
}
