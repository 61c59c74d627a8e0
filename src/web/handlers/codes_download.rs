//! The download of a competition's codes as CSV, for organizers in a browser.

use axum::{
    Extension,
    extract::{Path, Request, State},
    response::Response,
};

use super::browser_download::{actor, parsed, respond};
use crate::{api::codes, domain::Viewer, web::state::AppState};

/// `GET /organize/{id}/codes.csv`: returns all codes of a competition.
pub(in crate::web) async fn csv(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let actor = actor(&viewer, &request);
    let file = async {
        let (actor, id) = (actor?, parsed(&id)?);
        codes::file(&state.services.competitions, actor, id).await
    };
    respond(file.await, &request)
}
