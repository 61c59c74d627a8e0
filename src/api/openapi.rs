//! Builds the OpenAPI document from the handlers' declarations, so that it can't differ from them.

use std::sync::Arc;

use axum::{
    http::{Method, header},
    response::{IntoResponse, Response},
};
use utoipa::{
    OpenApi,
    openapi::{
        ComponentsBuilder, HttpMethod,
        security::{
            ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        },
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    admin, admin_health, admin_queues, admin_users, announcements, api_keys, audit, auth, badges,
    brackets, certificates, check_ins, codes, common_responses, competitions, covers, divisions,
    events, key_scopes, mailbox, matches, me, organizer_requests, own_events, participants,
    path_operations::operations,
    pictures, push, questions, registration_pause, registrations, results, saved_views,
    schema_bounds, second_factor, server_time, sessions, staff, stages, start_numbers,
    state::{ApiState, BASE},
    statistics, tickets, webhooks,
};
use crate::model::{
    BadgeSize, FailedJobView, MessageView, Phase, Problem, RegistrationSort,
    forms::{FieldError, Sort},
    picture::Focus,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Mini Compete",
        version = "1",
        description = "Competitions with limited seats: a competition never has more participants than seats, and no confirmation is lost.\n\nBodies are JSON in camelCase, times are RFC 3339 in UTC, and ids are UUIDs. Unknown fields in a request body are an error. Every error is a problem document (RFC 9457) whose `type` ends in a code that programs may rely on.\n\nBe ready for 429 and 503 with `Retry-After` at any time: the request has then changed nothing, and the same request with the same `Idempotency-Key` may be sent again.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(Problem, FieldError, Sort, RegistrationSort, Phase, Focus, FailedJobView, MessageView, BadgeSize)),
    tags(
        (name = "Accounts", description = "Sign up, log in, exchange tokens, and change your own account."),
        (name = "Competitions", description = "Find, create, change and delete competitions, and watch their seats."),
        (name = "Divisions", description = "Divide a competition into parts with seats of their own."),
        (name = "Questions", description = "Ask those who register for a competition."),
        (name = "Codes", description = "Hand out codes with which people register, and set seats aside for them."),
        (name = "Registrations", description = "Register for competitions, list registrations, and cancel them."),
        (name = "Certificates", description = "Certificates of participants: verify one by its serial, download your own."),
        (name = "Check-in", description = "Let participants in by their tickets, with a network and without."),
        (name = "Results", description = "Record what participants have achieved, and publish standings."),
        (name = "Brackets", description = "Let participants meet in an elimination, a round robin or the Swiss system."),
        (name = "Webhooks", description = "Let your own programs know what happens in your competitions."),
        (name = "Mailbox", description = "Read the messages that were sent to your account."),
        (name = "Operations", description = "Inspect queues, failed jobs and the audit log, as an administrator."),
    )
)]
struct DocumentInfo;

/// Returns the routes of every resource under [`BASE`], with their document.
pub(super) fn resources() -> OpenApiRouter<ApiState> {
    let resources = OpenApiRouter::new()
        .routes(routes!(auth::sign_up))
        .routes(routes!(auth::log_in))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::log_out))
        .routes(routes!(auth::send_code))
        .routes(routes!(auth::forgot))
        .routes(routes!(auth::reset))
        .routes(routes!(auth::verify_email))
        .routes(routes!(me::show, me::change, me::delete))
        .routes(routes!(me::export))
        .routes(routes!(me::change_password))
        .routes(routes!(me::change_email))
        .routes(routes!(me::send_confirmation))
        .routes(routes!(second_factor::set_up, second_factor::remove))
        .routes(routes!(second_factor::confirm))
        .routes(routes!(second_factor::replace_recovery_codes))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::delete))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::delete))
        .routes(routes!(webhooks::replace_secret))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::replay))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end))
        .routes(routes!(competitions::list, competitions::create))
        .routes(routes!(competitions::suggest))
        .routes(routes!(competitions::duplicate))
        .routes(routes!(statistics::show))
        .routes(routes!(registration_pause::pause))
        .routes(routes!(registration_pause::resume))
        .routes(routes!(
            competitions::show,
            competitions::change,
            competitions::delete
        ))
        .routes(routes!(covers::svg))
        .routes(routes!(covers::png))
        .routes(routes!(pictures::upload, pictures::remove))
        .routes(routes!(pictures::show))
        .routes(routes!(events::watch))
        .routes(routes!(own_events::watch))
        .routes(routes!(server_time::show))
        .routes(routes!(registrations::register, registrations::list))
        .routes(routes!(participants::act))
        .routes(routes!(participants::add))
        .routes(routes!(registrations::mine))
        .routes(routes!(
            registrations::show,
            registrations::change_answers,
            registrations::cancel
        ))
        .routes(routes!(tickets::svg))
        .routes(routes!(tickets::png))
        .routes(routes!(saved_views::list, saved_views::save))
        .routes(routes!(saved_views::rename, saved_views::delete))
        .routes(routes!(check_ins::check_in))
        .routes(routes!(check_ins::check_in_batch))
        .routes(routes!(check_ins::undo))
        .routes(routes!(check_ins::offline))
        .routes(routes!(check_ins::watch))
        .routes(routes!(badges::print))
        .routes(routes!(certificates::verify))
        .routes(routes!(certificates::download))
        .routes(routes!(start_numbers::give))
        .routes(routes!(stages::list, stages::add))
        .routes(routes!(stages::change, stages::remove))
        .routes(routes!(results::list, results::record))
        .routes(routes!(results::publish))
        .routes(routes!(results::standings))
        .routes(routes!(brackets::list, brackets::add))
        .routes(routes!(brackets::show, brackets::change, brackets::remove))
        .routes(routes!(matches::record, matches::undo))
        .routes(routes!(matches::change_entrant))
        .routes(routes!(divisions::list, divisions::add))
        .routes(routes!(divisions::change, divisions::remove))
        .routes(routes!(questions::list, questions::add))
        .routes(routes!(questions::change, questions::remove))
        .routes(routes!(codes::list, codes::add))
        .routes(routes!(codes::generate))
        .routes(routes!(codes::change, codes::remove))
        .routes(routes!(announcements::list, announcements::announce))
        .routes(routes!(announcements::withdraw))
        .routes(routes!(staff::list, staff::invite))
        .routes(routes!(staff::change, staff::remove))
        .routes(routes!(staff::own_invitations))
        .routes(routes!(staff::accept))
        .routes(routes!(staff::decline))
        .routes(routes!(mailbox::list))
        .routes(routes!(mailbox::read))
        .routes(routes!(push::show))
        .routes(routes!(push::subscribe, push::end))
        .routes(routes!(admin::queues))
        .routes(routes!(admin_queues::pause))
        .routes(routes!(admin_queues::resume))
        .routes(routes!(admin_health::show))
        .routes(routes!(admin_health::repair_seats))
        .routes(routes!(admin::failed_jobs, admin::delete_many))
        .routes(routes!(admin::groups))
        .routes(routes!(admin::retry_many))
        .routes(routes!(admin::retry))
        .routes(routes!(admin::delete))
        .routes(routes!(admin_users::list))
        .routes(routes!(admin_users::change))
        .routes(routes!(admin_users::sign_out))
        .routes(routes!(admin_users::confirm_email))
        .routes(routes!(organizer_requests::list))
        .routes(routes!(organizer_requests::approve))
        .routes(routes!(organizer_requests::decline))
        .routes(routes!(audit::all))
        .routes(routes!(audit::of_competition));
    let mut router = OpenApiRouter::with_openapi(DocumentInfo::openapi()).nest(BASE, resources);
    complete(router.get_openapi_mut());
    router
}

/// Returns the OpenAPI document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    resources().into_openapi()
}

/// Returns the document as it is served and as `mini-compete openapi` prints it.
#[must_use]
pub fn openapi_json() -> String {
    json(&openapi())
}

/// Adds what holds for every operation: how to authenticate, common responses, and bounds of fields.
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
                        .description(Some("An access token from `/auth/login` or `/auth/signup`."))
                        .build(),
                ),
            )
            .security_scheme(
                "apiKey",
                SecurityScheme::Http(
                    HttpBuilder::new()
                        .scheme(HttpAuthScheme::Bearer)
                        .bearer_format("mck_…")
                        .description(Some("A key of an organizer from `/api-keys`, with the scope that is named here."))
                        .build(),
                ),
            )
            .security_scheme(
                "session",
                SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                    "mc_session",
                    "The session cookie of a browser. Requests that change something must come from a page of this site.",
                ))),
            )
            .build(),
    );
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            if let Some(scope) = key_scopes::scope_of(&as_http(&method), path) {
                let with_key = SecurityRequirement::new("apiKey", [scope.as_str()]);
                operation.security.get_or_insert_default().push(with_key);
            }
            common_responses::complete(&method, operation);
        }
    }
    if let Some(components) = &mut document.components {
        schema_bounds::refer_from_pages(components);
    }
    if let Err(missing) = schema_bounds::apply(document) {
        // A field was renamed; the test of the bounds fails then.
        tracing::error!(
            openapi.field = missing,
            "The OpenAPI document has no field {missing} for its bounds"
        );
    }
}

/// Returns a method of the document as the type that requests have.
fn as_http(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}

/// Returns the document as text. If it ever can't be serialized, the document is empty and the server
/// still starts.
pub(super) fn json(document: &utoipa::openapi::OpenApi) -> String {
    document.to_pretty_json().unwrap_or_else(|error| {
        tracing::error!(%error, "Could not serialize the OpenAPI document");
        "{}".to_owned()
    })
}

/// Answers `GET /api/openapi.json` with the document.
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
        ApiKeyScope, Audience, AuditAction, AuditOutcome, AuditSubject, BadgeSize, BracketFormat,
        BracketSeeding, BracketState, BracketTieRule, BulkAction, BulkOutcome, CertificateKind,
        CertificateState, CodeKind, CompetitionStatus, Interval, LogInKind, MailFailureReason,
        MatchOutcome, MatchSection, MatchState, MessageKind, PerformanceStatus, Phase, ProcessPart,
        QuestionKind, QuestionScope, QuestionVisibility, RegistrationSort, RegistrationStatus,
        ResultAggregate, ResultDirection, Role, ServiceName, ServiceState, StaffRole, StageMetric,
        StageState, StartNumberOrder, TieRule, WebhookDeliveryStatus, WebhookEvent, WebhookProblem,
    };

    /// Clients rely on the document, so it must not change by accident: `UPDATE_SNAPSHOTS=1` accepts an
    /// intended change.
    #[test]
    fn the_document_equals_its_snapshot() {
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

    #[test]
    fn closed_lists_have_the_names_that_serde_writes() {
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
        same("Audience", Audience::ALL);
        same("MailFailureReason", MailFailureReason::ALL);
        same("BadgeSize", BadgeSize::ALL);
        same("CertificateKind", CertificateKind::ALL);
        same("CertificateState", CertificateState::ALL);
        same("ApiKeyScope", ApiKeyScope::ALL);
        same("AuditAction", AuditAction::ALL);
        same("BulkAction", BulkAction::ALL);
        same("RegistrationSort", RegistrationSort::ALL);
        same("CodeKind", CodeKind::ALL);
        same("QuestionKind", QuestionKind::ALL);
        same("QuestionScope", QuestionScope::ALL);
        same("QuestionVisibility", QuestionVisibility::ALL);
        same("BulkOutcome", BulkOutcome::ALL);
        same("AuditOutcome", AuditOutcome::ALL);
        same("AuditSubject", AuditSubject::ALL);
        same("Interval", Interval::ALL);
        same("LogInKind", LogInKind::ALL);
        same("Phase", Phase::ALL);
        same("Sort", &Sort::ALL);
        same("Focus", &Focus::ALL);
        same("ServiceName", ServiceName::ALL);
        same("ServiceState", ServiceState::ALL);
        same("ProcessPart", ProcessPart::ALL);
        same("WebhookEvent", WebhookEvent::ALL);
        same("WebhookDeliveryStatus", WebhookDeliveryStatus::ALL);
        same("WebhookProblem", WebhookProblem::ALL);
        same("StaffRole", StaffRole::ALL);
        same("StartNumberOrder", StartNumberOrder::ALL);
        same("StageMetric", StageMetric::ALL);
        same("ResultDirection", ResultDirection::ALL);
        same("ResultAggregate", ResultAggregate::ALL);
        same("TieRule", TieRule::ALL);
        same("StageState", StageState::ALL);
        same("PerformanceStatus", PerformanceStatus::ALL);
        same("BracketFormat", BracketFormat::ALL);
        same("BracketSeeding", BracketSeeding::ALL);
        same("BracketTieRule", BracketTieRule::ALL);
        same("BracketState", BracketState::ALL);
        same("MatchSection", MatchSection::ALL);
        same("MatchState", MatchState::ALL);
        same("MatchOutcome", MatchOutcome::ALL);
        let document = serde_json::to_value(openapi()).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let lists = schemas
            .values()
            .filter(|schema| schema["enum"].is_array())
            .count();
        assert_eq!(
            lists, 46,
            "each closed list of the document is compared here"
        );
    }

    #[test]
    fn every_reference_can_be_resolved() {
        let document = serde_json::to_value(openapi()).unwrap();
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"").skip(1) {
            let path = reference.split('"').next().unwrap();
            let pointer = path.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{path}");
        }
    }

    /// Descriptions are written for callers of the API: each is a sentence of at least four words.
    #[test]
    fn every_description_is_a_sentence() {
        fn collect(value: &serde_json::Value, path: &str, found: &mut Vec<(String, String)>) {
            match value {
                serde_json::Value::Object(members) => {
                    for (name, member) in members {
                        let path = format!("{path}/{name}");
                        match member.as_str().filter(|_| name == "description") {
                            Some(text) => found.push((path, text.to_owned())),
                            None => collect(member, &path, found),
                        }
                    }
                }
                serde_json::Value::Array(items) => {
                    for (number, item) in items.iter().enumerate() {
                        collect(item, &format!("{path}/{number}"), found);
                    }
                }
                _ => {}
            }
        }
        let mut descriptions = Vec::new();
        let document = serde_json::to_value(openapi()).unwrap();
        collect(&document, "", &mut descriptions);
        assert!(descriptions.len() > 300, "{}", descriptions.len());
        let is_sentence = |text: &str| {
            let text = text.trim();
            text.starts_with(|first: char| first.is_uppercase() || first == '`')
                && text.ends_with('.')
                && text.split_whitespace().count() >= 4
        };
        let mut wrong: Vec<_> = descriptions
            .iter()
            .filter(|(_, text)| !is_sentence(text))
            .collect();
        wrong.dedup_by_key(|(_, text)| text.clone());
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
