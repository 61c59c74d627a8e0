//! Compares every response of the API with the OpenAPI document: a status that the document does not list
//! fails the test.

use std::sync::LazyLock;

use reqwest::{Method, StatusCode};

/// An operation of the document: its method, the segments of its path, and its statuses.
struct Operation {
    method: String,
    path: Vec<String>,
    statuses: Vec<u16>,
}

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let document = serde_json::to_value(mini_compete::api::openapi()).expect("a document");
    let paths = document["paths"].as_object().expect("paths").clone();
    let operations = paths.into_iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("operations").clone();
        item.into_iter().map(move |(method, operation)| Operation {
            method: method.to_uppercase(),
            path: path.split('/').map(str::to_owned).collect(),
            statuses: operation["responses"]
                .as_object()
                .expect("responses")
                .keys()
                .filter_map(|status| status.parse().ok())
                .collect(),
        })
    });
    operations.collect()
});

/// Asserts that the document lists the status of a response. Requests that match no operation (404, 405) and
/// internal errors (500) are not documented, and pass.
pub fn assert_documented(method: &Method, path: &str, status: StatusCode) {
    let segments: Vec<&str> = path.split('/').collect();
    let matches = |operation: &&Operation| {
        let pairs = operation.path.iter().zip(&segments);
        operation.method == method.as_str()
            && operation.path.len() == segments.len()
            && pairs
                .into_iter()
                .all(|(template, segment)| template.starts_with('{') || template == segment)
    };
    // A path can match several templates, because one with a parameter matches a literal segment as well.
    let matching: Vec<_> = OPERATIONS.iter().filter(matches).collect();
    let documented = matching
        .iter()
        .any(|operation| operation.statuses.contains(&status.as_u16()));
    let internal = status == StatusCode::INTERNAL_SERVER_ERROR;
    assert!(
        matching.is_empty() || documented || internal,
        "{method} {path} answered {status}, which the OpenAPI document does not list"
    );
}
