//! Compresses dynamic responses; files under `/pkg` are stored compressed. Event streams are not compressed,
//! since a buffer would delay them.
//!
//! The library's layer puts the state of a compressor, seven kilobytes, around the body of every response,
//! also of those that are not compressed. Here only those pass it that are.

use std::{
    convert::Infallible,
    future::ready,
    sync::{Arc, LazyLock},
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use tower::{ServiceExt, service_fn};
use tower_http::{
    CompressionLevel,
    compression::{
        Compression, Predicate,
        predicate::{And, DefaultPredicate, SizeAbove},
    },
};

use super::wrap::{InnerService, Inside, Middleware};

/// The quality of Brotli and gzip, up to which time and size are in proportion.
const QUALITY: i32 = 4;
/// The size of a response in bytes from which on it is compressed.
const MIN_BYTES: u16 = 512;

/// Which responses are worth being compressed.
static PREDICATE: LazyLock<And<DefaultPredicate, SizeAbove>> =
    LazyLock::new(|| DefaultPredicate::new().and(SizeAbove::new(MIN_BYTES)));

/// Compresses the responses that are worth it, in an encoding that the client accepts.
pub(in crate::web) struct CompressResponses;

impl Middleware for CompressResponses {
    async fn respond<I: InnerService>(
        self: Arc<Self>,
        request: Request,
        inner: Inside<I>,
    ) -> Response {
        let accepted = request.headers().get_all(header::ACCEPT_ENCODING);
        let accepted: Vec<HeaderValue> = accepted.iter().cloned().collect();
        let response = inner.run(request).await;
        if PREDICATE.should_compress(&response) {
            // Boxed, so that the other responses do not carry the room for it either.
            Box::pin(compress(accepted, response)).await
        } else {
            response
        }
    }
}

/// Passes a response through the layer of the library, with the encodings that the client accepts.
async fn compress(accepted: Vec<HeaderValue>, response: Response) -> Response {
    let mut asked = axum::http::Request::new(());
    for encoding in accepted {
        asked
            .headers_mut()
            .append(header::ACCEPT_ENCODING, encoding);
    }
    let mut response = Some(response);
    let service = service_fn(move |_| {
        let response = response.take().unwrap_or_default();
        ready(Ok::<_, Infallible>(response))
    });
    let compression = Compression::new(service)
        .quality(CompressionLevel::Precise(QUALITY))
        .compress_when(PREDICATE.clone());
    match compression.oneshot(asked).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}
