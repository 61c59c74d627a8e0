//! The downloads of a competition's registrations as CSV and as a spreadsheet, for organizers in a browser.

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    api::{self, ApiError, ApiResult},
    domain::{Actor, ClientAddress, Viewer},
    model::{DomainError, Language, UserView, forms::RegistrationFilter, text_rules},
    ui::paths,
    web::{
        error_response::{error_response, wants_page},
        middleware::request_language,
        state::AppState,
    },
};

/// The formats of the download.
#[derive(Debug, Clone, Copy)]
enum Format {
    Csv,
    Xlsx,
}

/// `GET /organize/{id}/registrations.csv`: streams all registrations of a competition.
pub(in crate::web) async fn csv(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    download(state, viewer, &id, request, Format::Csv).await
}

/// `GET /organize/{id}/registrations.xlsx`: the same list as a spreadsheet, in the language of the request.
pub(in crate::web) async fn xlsx(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    download(state, viewer, &id, request, Format::Xlsx).await
}

/// Browsers whose session has ended are sent to the log-in page.
async fn download(
    state: AppState,
    viewer: Viewer,
    id: &str,
    request: Request,
    format: Format,
) -> Response {
    let (path, headers) = (request.uri().path(), request.headers());
    let address = request.extensions().get::<ClientAddress>().copied();
    let language = request_language::of(&request);
    let filter = filter(request.uri().query().unwrap_or_default());
    let actor = |user: &UserView| Actor::from(user).at(address).reading(language);
    let actor = viewer.user.as_ref().map(actor);
    match registrations(&state, actor, id, filter, format).await {
        Ok(response) => response,
        Err(error) if error.status() == StatusCode::UNAUTHORIZED && wants_page(path, headers) => {
            Redirect::to(&paths::login_then(path)).into_response()
        }
        Err(error) => error_response(path, headers, error),
    }
}

async fn registrations(
    state: &AppState,
    actor: Option<Actor>,
    id: &str,
    filter: RegistrationFilter,
    format: Format,
) -> ApiResult<Response> {
    let actor = actor.ok_or(DomainError::Unauthenticated)?;
    let id = id
        .parse()
        .map_err(|_| ApiError::from(DomainError::NotFound))?;
    let registrations = &state.services.registrations;
    match format {
        Format::Csv => api::registrations_csv::stream(registrations, actor, id, filter).await,
        Format::Xlsx => api::registrations_xlsx::file(registrations, actor, id, filter).await,
    }
}

/// Reads what the page shows from its query; as on the page, values that do not read are left out.
fn filter(query: &str) -> RegistrationFilter {
    let mut filter = RegistrationFilter::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "status" => filter.status = value.parse().ok(),
            "search" => filter.search = text_rules::plain(&value),
            "language" => filter.language = Language::with_tag(&value),
            "checkedIn" => filter.checked_in = value.parse().ok(),
            _ => {}
        }
    }
    filter
}
