//! The OpenAPI document beside what the API answers: whatever a test asks, a status that the
//! document does not know is a failure.

use std::sync::LazyLock;

use reqwest::{Method, StatusCode};

/// An operation: its method, the segments of its path, its statuses.
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

/// Panics when the answer of an operation has a status that the document does not list for it. What
/// is no operation (404, 405) and what is a failure of ours (500) is no business of the document.
pub fn assert_documented(method: &Method, path: &str, status: StatusCode) {
    let segments: Vec<&str> = path.split('/').collect();
    let fits = |operation: &&Operation| {
        let pairs = operation.path.iter().zip(&segments);
        operation.method == method.as_str()
            && operation.path.len() == segments.len()
            && pairs
                .into_iter()
                .all(|(ours, theirs)| ours.starts_with('{') || ours == theirs)
    };
    // A literal segment before one that takes anything: the first that fits is not always the one.
    let fitting: Vec<_> = OPERATIONS.iter().filter(fits).collect();
    let documented = fitting
        .iter()
        .any(|one| one.statuses.contains(&status.as_u16()));
    let ours = status == StatusCode::INTERNAL_SERVER_ERROR;
    assert!(
        fitting.is_empty() || documented || ours,
        "{method} {path} answered {status}, which the OpenAPI document does not list"
    );
}
