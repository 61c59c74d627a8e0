//! Examples of requests, as commands for a terminal. They are made from the OpenAPI document, so that they are
//! complete and change with it.

use serde_json::{Map, Value, json};

/// The depth to which a body is described. Types that contain themselves end there.
const DEPTH_MAX: usize = 6;

/// Returns a command that sends a request, with the variables `URL`, `TOKEN` and `ID` for what only the reader
/// knows.
pub(super) fn command(document: &Value, path: &str, method: &str, operation: &Value) -> String {
    let in_path = path.split('/').map(|segment| {
        let is_parameter = segment.starts_with('{');
        if is_parameter { "$ID" } else { segment }
    });
    let path: Vec<_> = in_path.collect();
    let mut parts = vec![format!("curl \"$URL{}\"", path.join("/"))];
    if method != "get" {
        parts.push(format!("--request {}", method.to_uppercase()));
    }
    let ways = operation["security"].as_array();
    let needs_account = ways.is_some_and(|ways| ways.iter().any(|way| way.get("bearer").is_some()));
    if needs_account {
        parts.push("--header \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    for parameter in parameters.filter(|it| it["in"] == "header" && it["required"] == true) {
        let name = parameter["name"].as_str().unwrap_or_default();
        parts.push(format!("--header '{name}: example-1'"));
    }
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    if !body.is_null() {
        let body = value_of(document, body, DEPTH_MAX).to_string();
        parts.push("--header 'Content-Type: application/json'".to_owned());
        parts.push(format!("--data '{}'", body.replace('\'', "'\\''")));
    }
    parts.join(" \\\n  ")
}

/// Returns a value that a schema allows.
fn value_of(document: &Value, schema: &Value, depth: usize) -> Value {
    if !schema["example"].is_null() {
        return schema["example"].clone();
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let target = &document["components"]["schemas"][name];
        return if depth == 0 {
            Value::Null
        } else {
            value_of(document, target, depth - 1)
        };
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        let choices = schema[choice].as_array().into_iter().flatten();
        if let Some(first) = choices.into_iter().find(|it| it["type"] != "null") {
            return value_of(document, first, depth);
        }
    }
    if let Some(first) = schema["enum"].as_array().and_then(|names| names.first()) {
        return first.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => object(document, schema, depth),
        Some("array") => json!([]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("string") => json!(text_of(schema)),
        _ => Value::Null,
    }
}

/// Returns an object with the required fields; with all of them, if none is required.
fn object(document: &Value, schema: &Value, depth: usize) -> Value {
    let required: Vec<_> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fields: Map<_, _> = fields
        .filter(|(name, _)| {
            required.is_empty() || required.iter().any(|it| it.as_str() == Some(name))
        })
        .map(|(name, field)| (name.clone(), value_of(document, field, depth)))
        .collect();
    Value::Object(fields)
}

/// Returns a text of the format and the length that a schema asks for.
fn text_of(schema: &Value) -> String {
    let text = match schema["format"].as_str() {
        Some("date-time") => "2030-03-02T09:00:00Z",
        Some("date") => "2030-03-02",
        Some("email") => "ada@example.org",
        Some("uuid") => "01890a5d-ac96-774b-bcce-b302099a8057",
        Some("uri") => "https://example.org/",
        Some("password") => "violet-teapot-harbour",
        _ => "Example",
    };
    let longest = schema["maxLength"]
        .as_u64()
        .and_then(|most| usize::try_from(most).ok());
    text.chars().take(longest.unwrap_or(usize::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::forms::{CompetitionInput, SignupForm};

    fn example(method: &str, path: &str) -> String {
        let document = serde_json::to_value(crate::api::openapi::openapi()).unwrap();
        command(&document, path, method, &document["paths"][path][method])
    }

    /// Returns the body in a command.
    fn body<T: serde::de::DeserializeOwned>(command: &str) -> T {
        let (_, body) = command.split_once("--data '").unwrap();
        serde_json::from_str(body.strip_suffix('\'').unwrap()).unwrap()
    }

    #[test]
    fn an_example_is_a_request_that_the_api_accepts() {
        let sign_up = example("post", "/api/v1/auth/signup");
        assert!(sign_up.starts_with("curl \"$URL/api/v1/auth/signup\" \\\n  --request POST"));
        assert!(!sign_up.contains("Authorization"), "{sign_up}");
        assert!(body::<SignupForm>(&sign_up).parse().is_ok(), "{sign_up}");
        let create = example("post", "/api/v1/competitions");
        assert!(create.contains("Bearer $TOKEN"), "{create}");
        let input: CompetitionInput = body(&create);
        assert!(input.check().is_ok(), "{create}");
        let register = example("post", "/api/v1/competitions/{id}/registrations");
        assert!(
            register.contains("/competitions/$ID/registrations\""),
            "{register}"
        );
        assert!(register.contains("--header 'Idempotency-Key: example-1'"));
    }
}
