//! The headers of responses with pictures: how long they may be kept, and what they may do.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::error::ApiResult;
use crate::{
    domain,
    model::{CompetitionStatus, CompetitionView, Language},
};

/// Caching of a picture at an address that names its version: it never changes there.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Caching of a picture at an address without a version.
const ASK: HeaderValue = HeaderValue::from_static("public, no-cache");
/// Caching of a picture that only one person may see: by the browser, which asks each time whether it is still valid.
pub(super) const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// A picture loads nothing and runs nothing, also if its address is opened as a document.
pub(super) const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");

/// What the headers of a picture depend on.
#[derive(Debug, Clone)]
pub(super) struct PictureHead<'a> {
    content_type: &'static str,
    /// What addresses name, so that they never show another picture.
    version: &'a str,
    /// Which of the files of this version it is, where a picture has several.
    variant: Option<String>,
}

impl<'a> PictureHead<'a> {
    /// Creates the head of a picture with this media type and version.
    pub(super) const fn new(content_type: &'static str, version: &'a str) -> Self {
        Self {
            content_type,
            version,
            variant: None,
        }
    }

    /// Adds the width of the file, which is a part of its entity tag.
    pub(super) fn wide(mut self, width: u32) -> Self {
        self.variant = Some(width.to_string());
        self
    }

    /// Adds the language of the words in the picture, which is a part of its entity tag.
    pub(super) fn said_in(mut self, language: Language) -> Self {
        self.variant = Some(language.tag().to_owned());
        self
    }

    /// Returns the headers of the picture of this competition. `named` is the version in the address.
    pub(super) fn of(self, competition: &CompetitionView, named: Option<&str>) -> HeaderMap {
        let draft = competition.status == CompetitionStatus::Draft;
        let lifetime = match named {
            _ if draft => PRIVATE,
            Some(named) if named == self.version => FOREVER,
            _ => ASK,
        };
        let version = self.version;
        let etag = match self.variant {
            Some(variant) => format!("\"{version}-{variant}\""),
            None => format!("\"{version}\""),
        };
        // Hexadecimal digits, tags of languages and quotes always fit in a header.
        let etag = HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\""));
        // Other sites may show the picture beside a link to the competition.
        let embedding = if draft { "same-origin" } else { "cross-origin" };
        HeaderMap::from_iter([
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static(self.content_type),
            ),
            (header::CACHE_CONTROL, lifetime),
            (header::ETAG, etag),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static(embedding),
            ),
        ])
    }
}

/// Returns the response with a picture: its head alone if the client has the picture, which is not made then.
pub(super) async fn respond<B: IntoResponse>(
    head: HeaderMap,
    request: &HeaderMap,
    picture: impl Future<Output = domain::Result<B>>,
) -> ApiResult<Response> {
    if is_known(&head, request) {
        return Ok((StatusCode::NOT_MODIFIED, head).into_response());
    }
    Ok((head, picture.await?).into_response())
}

/// Returns whether the client has the picture with this head (RFC 9110, section 13.1.2; the comparison is
/// weak).
fn is_known(head: &HeaderMap, request: &HeaderMap) -> bool {
    let lines = request.get_all(header::IF_NONE_MATCH).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .map(|tag| tag.strip_prefix("W/").unwrap_or(tag))
        .any(|tag| {
            tag == "*"
                || head
                    .get(header::ETAG)
                    .is_some_and(|etag| etag.as_bytes() == tag.as_bytes())
        })
}
