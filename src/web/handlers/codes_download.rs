//! The download of a competition's codes as CSV, for organizers in a browser.

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    api::{self, ApiError, ApiResult},
    domain::{Actor, ClientAddress, Viewer},
    model::{DomainError, UserView},
    ui::paths,
    web::{
        error_response::{error_response, wants_page},
        middleware::request_language,
        state::AppState,
    },
};

/// `GET /organize/{id}/codes.csv`: all codes of a competition. Browsers whose session has ended are sent to the log-in page.
pub(in crate::web) async fn csv(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (path, headers) = (request.uri().path(), request.headers());
    let address = request.extensions().get::<ClientAddress>().copied();
    let language = request_language::of(&request);
    let actor = |user: &UserView| Actor::from(user).at(address).reading(language);
    let actor = viewer.user.as_ref().map(actor);
    match file(&state, actor, &id).await {
        Ok(response) => response,
        Err(error) if error.status() == StatusCode::UNAUTHORIZED && wants_page(path, headers) => {
            Redirect::to(&paths::login_then(path)).into_response()
        }
        Err(error) => error_response(path, headers, error),
    }
}

async fn file(state: &AppState, actor: Option<Actor>, id: &str) -> ApiResult<Response> {
    let actor = actor.ok_or(DomainError::Unauthenticated)?;
    let id = id
        .parse()
        .map_err(|_| ApiError::from(DomainError::NotFound))?;
    api::codes::file(&state.services.competitions, actor, id).await
}
