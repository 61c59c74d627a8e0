//! The OpenAPI document: made of the handlers, so that it can't say anything else than they do.

use std::sync::Arc;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    OpenApi,
    openapi::{
        ComponentsBuilder, HttpMethod, PathItem,
        path::Operation,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    admin, audit, auth, common_responses, competitions, events, mailbox, me, registrations,
    schema_bounds,
    state::{ApiState, BASE},
};
use crate::model::{
    FailedJobView, MessageView, Problem,
    forms::{FieldError, Sort},
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Mini Compete",
        version = "1",
        description = "Competitions with limited seats: never one seat too many, never a lost confirmation.\n\nJSON in camelCase, times in RFC 3339 (UTC), ids as UUID. Fields that nobody knows are an error. Whatever goes wrong is a problem document (RFC 9457) whose `type` ends in a code that programs may rely on.\n\nBe ready for 429 and 503 with `Retry-After` at any time: nothing has happened then, and the same request with the same `Idempotency-Key` may be sent again.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(Problem, FieldError, Sort, FailedJobView, MessageView)),
    tags(
        (name = "Accounts", description = "Signing up, tokens, one's own account"),
        (name = "Competitions", description = "Finding, making and changing them"),
        (name = "Registrations", description = "Taking seats and giving them back"),
        (name = "Mailbox", description = "What we have told somebody"),
        (name = "Operations", description = "Queues and failed jobs, for administrators"),
    )
)]
struct Frame;

/// Every resource, under [`BASE`].
pub(super) fn resources() -> OpenApiRouter<ApiState> {
    let resources = OpenApiRouter::new()
        .routes(routes!(auth::sign_up))
        .routes(routes!(auth::log_in))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::log_out))
        .routes(routes!(me::show, me::change))
        .routes(routes!(competitions::list, competitions::create))
        .routes(routes!(
            competitions::show,
            competitions::change,
            competitions::delete
        ))
        .routes(routes!(events::watch))
        .routes(routes!(registrations::register, registrations::list))
        .routes(routes!(registrations::mine))
        .routes(routes!(registrations::show, registrations::cancel))
        .routes(routes!(mailbox::list))
        .routes(routes!(mailbox::read))
        .routes(routes!(admin::queues))
        .routes(routes!(admin::failed_jobs, admin::delete_many))
        .routes(routes!(admin::groups))
        .routes(routes!(admin::retry_many))
        .routes(routes!(admin::retry))
        .routes(routes!(admin::delete))
        .routes(routes!(audit::all))
        .routes(routes!(audit::of_competition));
    let mut router = OpenApiRouter::with_openapi(Frame::openapi()).nest(BASE, resources);
    complete(router.get_openapi_mut());
    router
}

/// The document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    resources().into_openapi()
}

/// The document as it is served and as `mini-compete openapi` prints it.
#[must_use]
pub fn openapi_json() -> String {
    json(&openapi())
}

/// What holds for every operation.
fn complete(document: &mut utoipa::openapi::OpenApi) {
    let components = document.components.take().unwrap_or_default();
    document.components = Some(
        ComponentsBuilder::from(components)
            .security_scheme(
                "bearer",
                SecurityScheme::Http(
                    HttpBuilder::new()
                        .scheme(HttpAuthScheme::Bearer)
                        .bearer_format("JWT")
                        .description(Some("An access token from /auth/login or /auth/signup"))
                        .build(),
                ),
            )
            .security_scheme(
                "session",
                SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                    "mc_session",
                    "What browsers have; requests that change something must come from our own pages",
                ))),
            )
            .build(),
    );
    for item in document.paths.paths.values_mut() {
        for (method, operation) in operations(item) {
            common_responses::complete(&method, operation);
        }
    }
    if let Some(components) = &mut document.components {
        schema_bounds::refer_from_pages(components);
    }
    if let Err(missing) = schema_bounds::apply(document) {
        // A field that was renamed; the test of the bounds fails then.
        tracing::error!(missing, "a bound has no place in the OpenAPI document");
    }
}

/// The operations of a path, each with its method.
pub(super) fn operations(
    item: &mut PathItem,
) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Delete, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// The document as text. It always serialises; if it ever does not, the page shows nothing rather
/// than the server falling over.
pub(super) fn json(document: &utoipa::openapi::OpenApi) -> String {
    document.to_pretty_json().unwrap_or_else(|error| {
        tracing::error!(%error, "the OpenAPI document does not serialise");
        "{}".to_owned()
    })
}

/// `GET /api/openapi.json`
pub(super) async fn serve(json: Arc<str>) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        json.to_string(),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::{
        AuditAction, AuditOutcome, AuditSubject, CompetitionStatus, MessageKind,
        RegistrationStatus, Role,
    };

    /// What clients were made for does not change by accident: `UPDATE_SNAPSHOTS=1` accepts a
    /// change that is meant.
    #[test]
    fn the_document_is_the_one_that_was_agreed_on() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/openapi.json");
        let now = format!("{}\n", json(&openapi()));
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, now).unwrap();
            return;
        }
        let agreed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            agreed == now,
            "the OpenAPI document changed; if that is meant: UPDATE_SNAPSHOTS=1 cargo test --lib openapi"
        );
    }

    /// The document's names are the wire's: what serde writes for each member, and nothing else.
    #[test]
    fn names_of_closed_lists_are_those_on_the_wire() {
        fn same<T: serde::Serialize + Copy>(name: &str, all: &[T]) {
            let document = serde_json::to_value(openapi()).unwrap();
            let written: Vec<_> = all
                .iter()
                .map(|one| serde_json::to_value(one).unwrap())
                .collect();
            let documented = &document["components"]["schemas"][name]["enum"];
            assert_eq!(documented, &serde_json::Value::from(written), "{name}");
        }
        same("Role", Role::ALL);
        same("CompetitionStatus", CompetitionStatus::ALL);
        same("RegistrationStatus", RegistrationStatus::ALL);
        same("MessageKind", MessageKind::ALL);
        same("AuditAction", AuditAction::ALL);
        same("AuditOutcome", AuditOutcome::ALL);
        same("AuditSubject", AuditSubject::ALL);
        same(
            "Sort",
            &[
                Sort::StartsAt,
                Sort::RegDeadline,
                Sort::SeatsLeft,
                Sort::Title,
                Sort::Newest,
            ],
        );
        let document = serde_json::to_value(openapi()).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let lists = schemas
            .values()
            .filter(|schema| schema["enum"].is_array())
            .count();
        assert_eq!(
            lists, 8,
            "each closed list of the document is compared here"
        );
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = serde_json::to_value(openapi()).unwrap();
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"").skip(1) {
            let path = reference.split('"').next().unwrap();
            let pointer = path.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{path}");
        }
    }
}
