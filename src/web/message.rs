//! What RFC 9110 and 9112 ask of a request before anybody looks at what it is about: a target that
//! this server has, and one `Host`.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::refuse::refuse;
use crate::api::ApiError;

/// What resources here can answer, for those who ask about the server as a whole.
const ALLOW: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

/// Answers requests that are no requests to an origin server.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    let (method, path, headers) = (request.method(), request.uri().path(), request.headers());
    let error = if method == Method::CONNECT {
        // The target is another host and no path (RFC 9110, section 9.3.6).
        let allow = [(header::ALLOW, ALLOW)];
        let error = ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "Method not allowed",
            "This is no proxy.",
        );
        return (allow, refuse("/", headers, error)).into_response();
    } else if path == "*" && method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, ALLOW)]).into_response();
    } else if !path.starts_with('/') {
        bad_request("A request names a path that begins with a slash.")
    } else if !has_one_host(request.version(), headers) {
        bad_request("A request names one host, in one Host field.")
    } else {
        return next.run(request).await;
    };
    refuse(path, headers, error)
}

fn bad_request(detail: &str) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "bad-request",
        "Bad request",
        detail,
    )
}

/// HTTP/1.1 asks for exactly one `Host`, and that it could be one (RFC 9112, section 3.2).
fn has_one_host(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        (Some(host), None) => host
            .to_str()
            .is_ok_and(|host| host.parse::<Authority>().is_ok() && !host.contains('@')),
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_host(version: Version, hosts: &[&'static str]) -> bool {
        let hosts = hosts
            .iter()
            .map(|host| (header::HOST, HeaderValue::from_static(host)));
        let mut headers = HeaderMap::new();
        for (name, value) in hosts {
            headers.append(name, value);
        }
        has_one_host(version, &headers)
    }

    #[test]
    fn a_request_names_one_host_and_only_the_oldest_clients_none() {
        assert!(one_host(Version::HTTP_11, &["compete.example"]));
        assert!(one_host(Version::HTTP_11, &["[::1]:3000"]));
        assert!(one_host(Version::HTTP_10, &[]));
        assert!(!one_host(Version::HTTP_11, &[]));
        for bad in ["", "a b", "user@compete.example", "compete.example/path"] {
            assert!(!one_host(Version::HTTP_11, &[bad]), "{bad:?}");
        }
        for version in [Version::HTTP_10, Version::HTTP_11] {
            assert!(!one_host(version, &["a.example", "b.example"]));
            assert!(!one_host(version, &["a.example", "a.example"]));
        }
    }
}
