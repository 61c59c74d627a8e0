//! Checks what HTTP requires of every request, whatever it is about: a target that an origin server
//! has, and exactly one `Host` (RFC 9110, section 7.2; RFC 9112, section 3.2).

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header, uri::Authority},
    response::{IntoResponse, Response},
};

use crate::{api::ApiError, text::Catalogue, web::error_response::error_response};

/// The methods that this server supports, for requests about the server as a whole.
const ALLOW: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

/// Responds to requests that are not addressed to an origin server; passes the others on.
pub(super) async fn checked<F: Future<Output = Response>>(
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let (method, path, headers) = (request.method(), request.uri().path(), request.headers());
    let error = if method == Method::CONNECT {
        // The target is another host and no path (RFC 9110, section 9.3.6).
        let allow = [(header::ALLOW, ALLOW)];
        let error = ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "Method not allowed",
            |t| t.request_errors.proxy.to_owned(),
        );
        return (allow, error_response("/", headers, error)).into_response();
    } else if path == "*" && method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, ALLOW)]).into_response();
    } else if !path.starts_with('/') {
        bad_request(|t| t.request_errors.no_path)
    } else if !has_one_host(request.version(), headers) {
        bad_request(|t| t.request_errors.no_single_host)
    } else {
        return next(request).await;
    };
    error_response(path, headers, error)
}

fn bad_request(detail: fn(&Catalogue) -> &'static str) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "bad-request",
        "Bad request",
        move |t| detail(t).to_owned(),
    )
}

/// Whether the request has the `Host` that its version requires: HTTP/1.1 requires exactly one, and a
/// valid one (RFC 9112, section 3.2).
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
    fn only_requests_of_http_1_0_may_have_no_host() {
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
