//! Encodes pages. A page is complete when its response begins, so it is encoded at once, and its length is
//! known.
//!
//! The compression layer of all other responses has to expect a stream of any length. It would reserve and
//! clear a window of megabytes for a page of some kilobytes, which takes longer than the encoding.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::wrap::{InnerService, Inside, Middleware};
use crate::web::documents::encoding::{COMPRESS_FROM, Effort, Encoding};

/// Encodes each page as its client accepts it.
pub(in crate::web) struct PageEncoding;

impl Middleware for PageEncoding {
    async fn respond<I: InnerService>(
        self: Arc<Self>,
        request: Request,
        inner: Inside<I>,
    ) -> Response {
        let encoding = Encoding::negotiate(request.headers(), Effort::Quick);
        let has_body = request.method() != Method::HEAD;
        let response = inner.run(request).await;
        if has_body && is_page(&response) {
            encoded(encoding, response).await
        } else {
            response
        }
    }
}

fn is_page(response: &Response) -> bool {
    let headers = response.headers();
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type.is_some_and(|name| name.as_bytes().starts_with(b"text/html"))
        && !headers.contains_key(header::CONTENT_ENCODING)
}

async fn encoded(encoding: Encoding, response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    // Without a bound: the page is in memory already.
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "A page could not be read from its handler");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let worthwhile = body.len() >= COMPRESS_FROM;
    if worthwhile {
        let accept_encoding = HeaderValue::from_static("accept-encoding");
        head.headers.append(header::VARY, accept_encoding);
    }
    let name = encoding.name().filter(|_| worthwhile);
    let smaller = name.and_then(|name| Some((name, encoding.encode(&body, Effort::Quick)?)));
    let body = match smaller {
        Some((name, encoded)) => {
            let name = HeaderValue::from_static(name);
            head.headers.insert(header::CONTENT_ENCODING, name);
            encoded
        }
        None => body,
    };
    head.headers
        .insert(header::CONTENT_LENGTH, body.len().into());
    Response::from_parts(head, Body::from(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(content_type: &'static str, body: &str) -> Response {
        ([(header::CONTENT_TYPE, content_type)], body.to_owned()).into_response()
    }

    #[tokio::test]
    async fn a_page_has_a_length_and_the_encoding_that_its_client_accepts() {
        let html = "<p>Open Hackathon</p>".repeat(100);
        let text = "text/html; charset=utf-8";
        let plain = encoded(Encoding::Identity, page(text, &html)).await;
        assert_eq!(plain.headers()[header::CONTENT_LENGTH], "2100");
        assert_eq!(plain.headers()[header::VARY], "accept-encoding");
        let brotli = encoded(Encoding::Brotli, page(text, &html)).await;
        assert_eq!(brotli.headers()[header::CONTENT_ENCODING], "br");
        let length = brotli.headers()[header::CONTENT_LENGTH].clone();
        let bytes = to_bytes(brotli.into_body(), usize::MAX).await.unwrap();
        assert_eq!(length.to_str().unwrap(), bytes.len().to_string());
        let mut decoded = Vec::new();
        brotli::BrotliDecompress(&mut &bytes[..], &mut decoded).unwrap();
        assert_eq!(decoded, html.as_bytes());
    }

    #[tokio::test]
    async fn a_small_page_stays_as_it_is() {
        let small = encoded(Encoding::Gzip, page("text/html", "<p>Gone</p>")).await;
        assert!(!small.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(small.headers()[header::CONTENT_LENGTH], "11");
    }

    #[test]
    fn only_pages_that_are_not_encoded_yet_are_encoded() {
        assert!(is_page(&page("text/html; charset=utf-8", "")));
        assert!(!is_page(&page("application/json", "")));
        let mut encoded = page("text/html", "");
        let gzip = HeaderValue::from_static("gzip");
        encoded.headers_mut().insert(header::CONTENT_ENCODING, gzip);
        assert!(!is_page(&encoded));
    }
}
