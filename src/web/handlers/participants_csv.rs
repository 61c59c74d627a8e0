//! The download of a competition's registrations as CSV, for organizers in a browser.

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    api::{self, ApiError, ApiResult},
    domain::{Actor, ClientAddress, Viewer},
    model::{DomainError, forms::RegistrationFilter},
    ui::paths,
    web::{
        error_response::{error_response, wants_page},
        state::AppState,
    },
};

/// `GET /organize/{id}/registrations.csv`: streams all registrations of a competition. Browsers
/// whose session has ended are sent to the log-in page.
pub(in crate::web) async fn download(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (path, headers) = (request.uri().path(), request.headers());
    let address = request.extensions().get::<ClientAddress>().copied();
    match registrations(state, viewer, address, &id).await {
        Ok(response) => response,
        Err(error) if error.status() == StatusCode::UNAUTHORIZED && wants_page(path, headers) => {
            Redirect::to(&paths::login_then(path)).into_response()
        }
        Err(error) => error_response(path, headers, error),
    }
}

async fn registrations(
    state: AppState,
    viewer: Viewer,
    address: Option<ClientAddress>,
    id: &str,
) -> ApiResult<Response> {
    let user = viewer.user.ok_or(DomainError::Unauthenticated)?;
    let id = id
        .parse()
        .map_err(|_| ApiError::from(DomainError::NotFound))?;
    api::registrations_csv::stream(
        &state.services.registrations,
        Actor::from(&user).at(address),
        id,
        RegistrationFilter::default(),
    )
    .await
}
