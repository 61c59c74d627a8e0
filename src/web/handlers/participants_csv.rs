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
    model::{DomainError, Language, forms::RegistrationFilter, text_rules},
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
    let query = request.uri().query().unwrap_or_default();
    match registrations(state, viewer, address, &id, filter(query)).await {
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
    filter: RegistrationFilter,
) -> ApiResult<Response> {
    let user = viewer.user.ok_or(DomainError::Unauthenticated)?;
    let id = id
        .parse()
        .map_err(|_| ApiError::from(DomainError::NotFound))?;
    api::registrations_csv::stream(
        &state.services.registrations,
        Actor::from(&user).at(address),
        id,
        filter,
    )
    .await
}

/// Reads what the page shows from its query; as on the page, values that do not read are left out.
fn filter(query: &str) -> RegistrationFilter {
    let mut filter = RegistrationFilter::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "status" => filter.status = value.parse().ok(),
            "search" => filter.search = text_rules::plain(&value),
            "language" => filter.language = Language::with_tag(&value),
            _ => {}
        }
    }
    filter
}
