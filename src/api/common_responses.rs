//! What an operation can answer without its handler: refusals of the layers in front of it and of
//! what reads its body, its query and its headers. Written into the OpenAPI document for each
//! operation by what it takes.

use utoipa::openapi::{
    HttpMethod, RefOr, Response, Schema,
    header::HeaderBuilder,
    path::{Operation, ParameterIn},
    schema::{ObjectBuilder, Type},
};

use super::problem_responses::problem;

/// Adds them where the operation does not describe the status itself, and the headers that go with
/// a status wherever it stands.
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
            "`unauthenticated`: no token or session, or one that does not hold",
        ),
        (
            changes,
            "403",
            "`cross-site`: a browser sent this from another site's page",
        ),
        (changes, "408", "`timeout`: the body did not arrive in time"),
        (
            changes,
            "413",
            "`too-large`: the body is larger than any of ours can be",
        ),
        (
            typed,
            "415",
            "`unsupported-media-type`: the body must be `application/json`",
        ),
        (true, "429", "`too-many-requests`: see `Retry-After`"),
        (
            true,
            "503",
            "`overloaded`, `timeout` or `unavailable`: see `Retry-After`; nothing happened",
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
    "`malformed-json`, `malformed-body` or `malformed-query`: the request could not be read";

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
            "How to prove who calls (RFC 9110)",
        ),
        "409" | "429" | "503" => {
            add(
                "Retry-After",
                Type::Integer,
                "Seconds after which trying again makes sense",
            );
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn what_every_operation_can_answer_is_in_the_document() {
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
