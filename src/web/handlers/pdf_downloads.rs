//! The downloads of certificates and badges, for people in a browser.

use axum::{
    Extension,
    extract::{Path, Request, State},
    response::Response,
};

use super::browser_download::{actor, parsed, respond};
use crate::{
    api::{badges, certificates},
    domain::Viewer,
    model::{BadgeSize, forms::Paging},
    web::{middleware::request_language, state::AppState},
};

/// `GET /organize/{id}/badges.pdf`: returns the badges of those with a seat.
pub(in crate::web) async fn badge_sheets(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let wish = badge_wish(&request);
    let actor = actor(&viewer, &request);
    let printed = async {
        let (actor, id) = (actor?, parsed(&id)?);
        badges::file(&state.services.badges, actor, id, wish).await
    };
    respond(printed.await, &request)
}

/// `GET /registrations/{id}/certificate.pdf`: returns the certificate of a registration of the visitor.
pub(in crate::web) async fn certificate(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let language = request_language::of(&request);
    let actor = actor(&viewer, &request);
    let printed = async {
        let (actor, id) = (actor?, parsed(&id)?);
        certificates::file(&state.services.certificates, actor, id, language).await
    };
    respond(printed.await, &request)
}

/// Reads which badges are wanted from the query; as on pages, values that do not read are left out.
fn badge_wish(request: &Request) -> badges::BadgeWish {
    let mut wish = badges::BadgeWish {
        page: 1,
        size: BadgeSize::default(),
        language: request_language::of(request),
    };
    let query = request.uri().query().unwrap_or_default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "page" => wish.page = value.parse().unwrap_or(1).clamp(1, Paging::LAST_PAGE),
            "size" => wish.size = value.parse().unwrap_or_default(),
            _ => {}
        }
    }
    wish
}
