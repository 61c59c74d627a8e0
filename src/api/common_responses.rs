//! The responses that an operation can give before its handler runs: errors of the layers in front of
//! it and of its extractors. They are added to the OpenAPI document by what the operation takes.

use utoipa::openapi::{
    HttpMethod, RefOr, Response, Schema,
    header::HeaderBuilder,
    path::{Operation, ParameterIn},
    schema::{ObjectBuilder, Type},
};

use super::problem_responses::problem;

/// Adds each response whose status the operation does not describe itself, and the headers that belong
/// to a status to every response.
pub(super) fn complete(method: &HttpMethod, operation: &mut Operation) {
    let body = operation.request_body.is_some();
    let changes = *method != HttpMethod::Get;
    let query =
        operation.parameters.iter().flatten().any(
            |parameter| matches!(parameter, RefOr::T(p) if p.parameter_in == ParameterIn::Query),
        );
    let secured = operation
        .security
        .as_ref()
        .is_some_and(|ways| !ways.is_empty());
    let typed = body && operation.operation_id.as_deref() != Some("logOut");
    let all = [
        (changes || query, "400", MALFORMED),
        (
            secured,
            "401",
            "`unauthenticated`: the request carries no token or session, or an invalid one.",
        ),
        (
            changes && secured,
            "403",
            "`cross-site`: a page of another site sent this request from a browser. `forbidden`: an API key does not suffice, or lacks the scope.",
        ),
        (
            changes,
            "403",
            "`cross-site`: a page of another site sent this request from a browser.",
        ),
        (
            secured,
            "403",
            "`forbidden`: an API key does not suffice, or lacks the scope.",
        ),
        (
            changes,
            "408",
            "`timeout`: the request's body did not arrive within 15 seconds.",
        ),
        (
            changes,
            "413",
            "`too-large`: the body is larger than any valid body can be.",
        ),
        (
            typed,
            "415",
            "`unsupported-media-type`: the body must be sent as `application/json`.",
        ),
        (
            true,
            "429",
            "`too-many-requests`: the client sent too many requests, and may try again after the seconds in `Retry-After`.",
        ),
        (
            true,
            "503",
            "`overloaded`, `timeout` or `unavailable`: the request can't be served at the moment, and may be sent again after the seconds in `Retry-After`.",
        ),
    ];
    let responses = &mut operation.responses.responses;
    for (answered, status, description) in all {
        if answered && !responses.contains_key(status) {
            responses.insert(status.to_owned(), RefOr::T(problem(description)));
        }
    }
    for (status, response) in responses.iter_mut() {
        if let RefOr::T(response) = response {
            add_headers(status, response);
        }
    }
}

const MALFORMED: &str =
    "`malformed-json`, `malformed-body` or `malformed-query`: the request could not be parsed.";

fn add_headers(status: &str, response: &mut Response) {
    let mut add = |name: &str, kind, description| {
        let schema = ObjectBuilder::new().schema_type(kind);
        let header = HeaderBuilder::new()
            .schema(Some(Schema::from(schema)))
            .description(Some(description))
            .build();
        response.headers.insert(name.to_owned(), RefOr::T(header));
    };
    match status {
        "401" => add(
            "WWW-Authenticate",
            Type::String,
            "The authentication scheme to use: `Bearer` (RFC 9110, section 11.6.1).",
        ),
        "409" | "429" | "503" => {
            add(
                "Retry-After",
                Type::Integer,
                "The number of seconds after which the client may try again.",
            );
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn every_operation_documents_its_common_responses() {
        let document = serde_json::to_value(super::super::openapi()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let at = format!("{method} {path}");
                let answers = |status: &str| operation["responses"].get(status).is_some();
                let retry = |status: &str| {
                    let headers = &operation["responses"][status]["headers"];
                    headers["Retry-After"]["schema"]["type"] == "integer"
                };
                assert!(retry("429") && retry("503"), "{at}");
                if method != "get" {
                    for status in ["400", "403", "408", "413"] {
                        assert!(answers(status), "{at}: {status}");
                    }
                }
                if operation["requestBody"]["required"] == true {
                    assert!(answers("415") && answers("422"), "{at}");
                }
                let secured = operation["security"]
                    .as_array()
                    .is_some_and(|s| !s.is_empty());
                assert_eq!(
                    answers("401"),
                    secured || path.contains("/auth/log") || path.contains("/refresh"),
                    "{at}"
                );
                let problems = operation["responses"].as_object().unwrap().iter();
                for (status, response) in problems.filter(|(status, _)| status.as_str() >= "400") {
                    let body = &response["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(
                        body,
                        &Value::from("#/components/schemas/Problem"),
                        "{at}: {status}"
                    );
                }
            }
        }
    }
}
