//! One document: its bytes in each encoding, its headers and its entity tags.

use std::sync::OnceLock;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::encoding::{COMPRESS_FROM, Effort, Encoding};

/// The headers of a handler's response that are kept. The outer layers set the others for each response.
const KEPT: [HeaderName; 5] = [
    header::CONTENT_LANGUAGE,
    header::CONTENT_TYPE,
    header::CONTENT_SECURITY_POLICY,
    header::ETAG,
    header::LINK,
];
/// Bytes of the digest that are a part of the entity tag.
const TAG_BYTES: usize = 12;

/// Caching of public documents. A shared cache may use one for a second, which shields the server from a
/// crowd, and browsers ask each time, so that a person who logs in does not see the page of before.
const PUBLIC: HeaderValue =
    HeaderValue::from_static("public, max-age=0, s-maxage=1, must-revalidate");
/// What else than the address selects the response.
const VARY: HeaderValue = HeaderValue::from_static("accept-encoding, authorization, cookie");

/// A body in one encoding.
#[derive(Debug)]
struct Encoded {
    body: Bytes,
    etag: HeaderValue,
    encoding: Option<HeaderValue>,
}

/// A document that is kept. It is compressed when it is first sent in an encoding.
#[derive(Debug)]
pub(super) struct Document {
    headers: HeaderMap,
    identity: Encoded,
    gzip: OnceLock<Option<Encoded>>,
    brotli: OnceLock<Option<Encoded>>,
    /// The beginning of the entity tags; `None` if the handler has set one for all encodings.
    digest: Option<String>,
}

impl Document {
    /// Creates the document from a handler's response.
    pub(super) fn new(response: &HeaderMap, body: Bytes) -> Self {
        let mut headers: HeaderMap = KEPT
            .into_iter()
            .filter_map(|name| Some((name.clone(), response.get(&name)?.clone())))
            .collect();
        let own = headers.remove(header::ETAG);
        let digest = own.is_none().then(|| {
            let digest = Sha256::digest(&body);
            URL_SAFE_NO_PAD.encode(&digest[..TAG_BYTES])
        });
        headers.insert(header::CACHE_CONTROL, PUBLIC);
        headers.insert(header::VARY, VARY);
        let etag = own.unwrap_or_else(|| entity_tag(digest.as_deref(), Encoding::Identity));
        Self {
            headers,
            identity: Encoded {
                body,
                etag,
                encoding: None,
            },
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
            digest,
        }
    }

    /// Returns the approximate size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        // The two compressed forms take about a third together.
        self.identity.body.len() * 4 / 3 + 1024
    }

    /// Returns the response to a request with these headers.
    pub(super) fn respond(&self, method: &Method, request: &HeaderMap) -> Response {
        let encoded = self.encoded(Encoding::negotiate(request));
        let mut response = Response::new(Body::empty());
        let unchanged = matches(request, &encoded.etag);
        if unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else if method == Method::GET {
            *response.body_mut() = Body::from(encoded.body.clone());
        }
        let headers = response.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(header::ETAG, encoded.etag.clone());
        if !unchanged {
            if let Some(encoding) = &encoded.encoding {
                headers.insert(header::CONTENT_ENCODING, encoding.clone());
            }
            headers.insert(header::CONTENT_LENGTH, encoded.body.len().into());
        }
        response
    }

    fn encoded(&self, encoding: Encoding) -> &Encoded {
        let kept = match encoding {
            _ if self.identity.body.len() < COMPRESS_FROM => None,
            Encoding::Identity => None,
            Encoding::Gzip => self.gzip.get_or_init(|| self.encode(encoding)).as_ref(),
            Encoding::Brotli => self.brotli.get_or_init(|| self.encode(encoding)).as_ref(),
        };
        kept.unwrap_or(&self.identity)
    }

    fn encode(&self, encoding: Encoding) -> Option<Encoded> {
        let body = encoding.encode(&self.identity.body, Effort::Thorough)?;
        let etag = match &self.digest {
            Some(digest) => entity_tag(Some(digest), encoding),
            None => self.identity.etag.clone(),
        };
        Some(Encoded {
            body,
            etag,
            encoding: encoding.name().map(HeaderValue::from_static),
        })
    }
}

/// Returns the strong entity tag of a body in one encoding: other bytes have another tag (RFC 9110,
/// section 8.8.3.3).
fn entity_tag(digest: Option<&str>, encoding: Encoding) -> HeaderValue {
    let digest = digest.unwrap_or_default();
    let tag = match encoding.name() {
        Some(name) => format!("\"{digest}-{name}\""),
        None => format!("\"{digest}\""),
    };
    HeaderValue::try_from(tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Returns whether the client has the body with this tag (RFC 9110, section 13.1.2; the comparison is
/// weak).
fn matches(request: &HeaderMap, etag: &HeaderValue) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|tag| tag.trim())
        .any(|tag| {
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag.as_bytes()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let headers = HeaderMap::from_iter([
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
            (header::SERVER, HeaderValue::from_static("handler")),
        ]);
        Document::new(&headers, "<p>Open Hackathon</p>".repeat(100).into())
    }

    fn request(name: HeaderName, value: &HeaderValue) -> HeaderMap {
        HeaderMap::from_iter([(name, value.clone())])
    }

    #[test]
    fn each_encoding_has_a_tag_of_its_own_and_only_its_own_tag_is_unchanged() {
        let document = document();
        let respond = |headers: &HeaderMap| document.respond(&Method::GET, headers);
        let plain = respond(&HeaderMap::new());
        let brotli = HeaderValue::from_static("br");
        let mut accepts = request(header::ACCEPT_ENCODING, &brotli);
        let compressed = respond(&accepts);
        assert_eq!(compressed.headers()[header::CONTENT_ENCODING], "br");
        let [etag, other] = [&plain, &compressed].map(|it| it.headers()[header::ETAG].clone());
        assert_ne!(etag, other);

        let again = respond(&request(header::IF_NONE_MATCH, &etag));
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[header::ETAG], etag);
        assert!(!again.headers().contains_key(header::CONTENT_LENGTH));
        accepts.insert(header::IF_NONE_MATCH, etag);
        assert_eq!(respond(&accepts).status(), StatusCode::OK);
    }

    #[test]
    fn a_response_tells_shared_caches_what_it_depends_on_and_has_no_other_header_of_the_handler() {
        let response = document().respond(&Method::HEAD, &HeaderMap::new());
        let headers = response.headers();
        assert_eq!(headers[header::VARY], VARY);
        assert_eq!(headers[header::CACHE_CONTROL], PUBLIC);
        assert_eq!(headers[header::CONTENT_LENGTH], "2100");
        assert!(!headers.contains_key(header::SERVER));
    }
}
