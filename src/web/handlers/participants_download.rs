//! The downloads of a competition's registrations as CSV and as a spreadsheet, for organizers in a browser.

use axum::{
    Extension,
    extract::{Path, Request, State},
    response::Response,
};

use super::browser_download::{actor, parsed, respond};
use crate::{
    api,
    domain::Viewer,
    model::{Language, forms::RegistrationFilter, text_rules},
    web::state::AppState,
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

async fn download(
    state: AppState,
    viewer: Viewer,
    id: &str,
    request: Request,
    format: Format,
) -> Response {
    let filter = filter(request.uri().query().unwrap_or_default());
    let actor = actor(&viewer, &request);
    let registrations = &state.services.registrations;
    let file = async {
        let (actor, id) = (actor?, parsed(id)?);
        match format {
            Format::Csv => api::registrations_csv::stream(registrations, actor, id, filter).await,
            Format::Xlsx => api::registrations_xlsx::file(registrations, actor, id, filter).await,
        }
    };
    respond(file.await, &request)
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
