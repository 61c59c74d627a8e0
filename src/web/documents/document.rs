//! One document: its bytes in each encoding, its headers and its entity tags.

use std::{ops::Range, sync::OnceLock};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, Utc};
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
/// What precedes the server's time in a response of the API. Within a text of JSON the quotation marks would be
/// escaped.
const BEFORE_TIME: &[u8] = b"\"serverTime\":\"";
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
    /// The beginning of the entity tags: that of the handler, or a digest of the body.
    digest: String,
    /// Where the body tells the server's time; `None` if it tells none.
    time: Option<Range<usize>>,
}

impl Document {
    /// Creates the document from a handler's response.
    pub(super) fn new(response: &HeaderMap, body: Bytes) -> Self {
        let mut headers: HeaderMap = KEPT
            .into_iter()
            .filter_map(|name| Some((name.clone(), response.get(&name)?.clone())))
            .collect();
        let own = headers.remove(header::ETAG);
        let own = own.as_ref().and_then(|tag| tag.to_str().ok());
        let digest = match own {
            Some(tag) => tag.trim_matches('"').to_owned(),
            None => {
                let digest = Sha256::digest(&body);
                URL_SAFE_NO_PAD.encode(&digest[..TAG_BYTES])
            }
        };
        headers.insert(header::CACHE_CONTROL, PUBLIC);
        headers.insert(header::VARY, VARY);
        let etag = entity_tag(&digest, Encoding::Identity);
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
            time: None,
        }
    }

    /// Creates a document in which each response tells the server's time. No shared cache may keep it. Returns
    /// `None` if the body tells no time.
    pub(super) fn telling_time(response: &HeaderMap, body: Bytes) -> Option<Self> {
        let begin = BEFORE_TIME.len()
            + body
                .windows(BEFORE_TIME.len())
                .position(|window| window == BEFORE_TIME)?;
        let length = body[begin..].iter().position(|byte| *byte == b'"')?;
        let mut document = Self::new(response, body);
        document.headers.remove(header::CACHE_CONTROL);
        document.time = Some(begin..begin + length);
        Some(document)
    }

    /// Returns the approximate size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        // The two compressed forms take about a third together.
        self.identity.body.len() * 4 / 3 + 1024
    }

    /// Returns the response to a request with these headers, at the moment `now`.
    pub(super) fn respond(
        &self,
        method: &Method,
        request: &HeaderMap,
        now: DateTime<Utc>,
    ) -> Response {
        let encoding = Encoding::negotiate(request, Effort::Thorough);
        let at_now;
        let encoded = match &self.time {
            Some(time) if !matches(request, &self.identity.etag) => {
                at_now = self.at(now, time, encoding);
                &at_now
            }
            Some(_) => &self.identity,
            None => self.encoded(encoding),
        };
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

    /// Returns the body that tells the time `now`.
    fn at(&self, now: DateTime<Utc>, time: &Range<usize>, encoding: Encoding) -> Encoded {
        let kept = &self.identity.body;
        let now = now.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let body: Bytes = [&kept[..time.start], now.as_bytes(), &kept[time.end..]]
            .concat()
            .into();
        let compressed = (body.len() >= COMPRESS_FROM)
            .then(|| encoding.encode(&body, Effort::Quick))
            .flatten();
        let (body, name) = match compressed {
            Some(compressed) => (compressed, encoding.name()),
            None => (body, None),
        };
        Encoded {
            body,
            etag: self.identity.etag.clone(),
            encoding: name.map(HeaderValue::from_static),
        }
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
        Some(Encoded {
            body,
            etag: entity_tag(&self.digest, encoding),
            encoding: encoding.name().map(HeaderValue::from_static),
        })
    }
}

/// Returns the strong entity tag of a body in one encoding: other bytes have another tag (RFC 9110,
/// section 8.8.3.3).
fn entity_tag(digest: &str, encoding: Encoding) -> HeaderValue {
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
        let respond = |headers: &HeaderMap| document.respond(&Method::GET, headers, Utc::now());
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
    fn the_tag_of_a_handler_is_that_of_the_plain_body_alone() {
        let own = HeaderValue::from_static("\"7\"");
        let body = "Open Hackathon".repeat(100);
        let document = Document::new(&request(header::ETAG, &own), body.into());
        let plain = document.respond(&Method::GET, &HeaderMap::new(), Utc::now());
        assert_eq!(plain.headers()[header::ETAG], own);
        let brotli = HeaderValue::from_static("br");
        let accepts = request(header::ACCEPT_ENCODING, &brotli);
        let compressed = document.respond(&Method::GET, &accepts, Utc::now());
        assert_eq!(compressed.headers()[header::ETAG], "\"7-br\"");
    }

    #[test]
    fn a_response_tells_shared_caches_what_it_depends_on_and_has_no_other_header_of_the_handler() {
        let response = document().respond(&Method::HEAD, &HeaderMap::new(), Utc::now());
        let headers = response.headers();
        assert_eq!(headers[header::VARY], VARY);
        assert_eq!(headers[header::CACHE_CONTROL], PUBLIC);
        assert_eq!(headers[header::CONTENT_LENGTH], "2100");
        assert!(!headers.contains_key(header::SERVER));
    }

    #[tokio::test]
    async fn each_response_tells_the_time_of_its_own_moment() {
        let body =
            r#"{"title":"\"serverTime\":\"x","serverTime":"2026-01-01T00:00:00Z","version":1}"#;
        let etag = HeaderValue::from_static("\"1\"");
        let headers = request(header::ETAG, &etag);
        let document = Document::telling_time(&headers, body.into()).unwrap();
        let now = "2030-05-06T07:08:09.012Z";
        let moment = now.parse().unwrap();
        let response = document.respond(&Method::GET, &HeaderMap::new(), moment);
        assert_eq!(response.headers()[header::ETAG], etag);
        assert!(!response.headers().contains_key(header::CACHE_CONTROL));
        let sent = axum::body::to_bytes(response.into_body(), 1000)
            .await
            .unwrap();
        assert_eq!(sent, body.replace("2026-01-01T00:00:00Z", now));

        let unchanged = request(header::IF_NONE_MATCH, &etag);
        let response = document.respond(&Method::GET, &unchanged, moment);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert!(Document::telling_time(&headers, "{}".into()).is_none());
    }
}
