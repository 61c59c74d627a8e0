//! What the downloads for people in a browser have in common: who asks, and what an error looks like.

use axum::{
    extract::Request,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    api::{ApiError, ApiResult},
    domain::{Actor, ClientAddress, Viewer},
    model::DomainError,
    ui::paths,
    web::{
        error_response::{error_response, wants_page},
        middleware::request_language,
    },
};

/// Returns the account that asks.
pub(super) fn actor(viewer: &Viewer, request: &Request) -> ApiResult<Actor> {
    let user = viewer.user.as_ref().ok_or(DomainError::Unauthenticated)?;
    let address = request.extensions().get::<ClientAddress>().copied();
    let language = request_language::of(request);
    Ok(Actor::from(user).at(address).reading(language))
}

/// Reads an id in the path. What is none names nothing.
pub(super) fn parsed<T: std::str::FromStr>(id: &str) -> ApiResult<T> {
    id.parse()
        .map_err(|_| ApiError::from(DomainError::NotFound))
}

/// Browsers whose session has ended are sent to the log-in page.
pub(super) fn respond(file: ApiResult<Response>, request: &Request) -> Response {
    let (path, headers) = (request.uri().path(), request.headers());
    match file {
        Ok(response) => response,
        Err(error) if error.status() == StatusCode::UNAUTHORIZED && wants_page(path, headers) => {
            Redirect::to(&paths::login_then(path)).into_response()
        }
        Err(error) => error_response(path, headers, error),
    }
}
