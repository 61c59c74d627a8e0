//! Extractors: how handlers read the body, the path and the query of a request. What can't be read gets
//! problem details as its response.

use std::str::FromStr;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    error::{ApiError, ApiResult},
    json_body::{EmptyObject, read, read_array},
};
use crate::model::{
    DomainError,
    forms::{FieldErrors, PERFORMANCES_BYTES, PERFORMANCES_MAX, Paging, RequestProblem},
    text_rules,
};

/// The number of rows of a page, unless the query has another.
pub(super) const DEFAULT_PER_PAGE: u64 = 20;

/// A JSON body of type `T`.
///
/// The response is 415 if its media type is not JSON, 413 if the body is too large, 400 if it is not JSON,
/// and 422 with the field if it is JSON of another shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        if !is_json(request.headers()) {
            return Err(unsupported_media_type());
        }
        let bytes = bytes(request, state).await?;
        read(&bytes).map(Self)
    }
}

/// A JSON body that is an object of type `T`, or an array of such objects.
#[derive(Debug, Clone)]
pub(super) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OneOrMany<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> ApiResult<Self> {
        if !is_json(request.headers()) {
            return Err(unsupported_media_type());
        }
        let bytes = large_bytes(request).await?;
        match bytes.trim_ascii_start().starts_with(b"[") {
            true => read_array(&bytes, PERFORMANCES_MAX + 1).map(Self::Many),
            false => read(&bytes).map(Self::One),
        }
    }
}

fn unsupported_media_type() -> ApiError {
    ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "Unsupported media type",
        |t| t.request_errors.media_type.to_owned(),
    )
}

/// An empty body, or the empty JSON object. Anything else gets 422.
#[derive(Debug, Clone, Copy)]
pub(super) struct EmptyBody;

impl<S: Send + Sync> FromRequest<S> for EmptyBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        let bytes = bytes(request, state).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self);
        }
        read::<EmptyObject>(&bytes).map(|EmptyObject {}| Self)
    }
}

/// A JSON body of type `T`, or `None` for an empty body and for `null`.
#[derive(Debug, Clone, Copy)]
pub(super) struct OptionalJsonBody<T>(pub(super) Option<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalJsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        let bytes = bytes(request, state).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(None));
        }
        read(&bytes).map(Self)
    }
}

/// Reads a body that is longer than others may be; the middleware bounds it.
async fn large_bytes(request: Request) -> ApiResult<Bytes> {
    let bytes = axum::body::to_bytes(request.into_body(), PERFORMANCES_BYTES).await;
    bytes.map_err(|_| unreadable(StatusCode::BAD_REQUEST))
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> ApiResult<Bytes> {
    let bytes = Bytes::from_request(request, state).await;
    bytes.map_err(|rejection| unreadable(rejection.status()))
}

/// Returns the error for a body that could not be read.
fn unreadable(status: StatusCode) -> ApiError {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "Too large",
            |t| t.request_errors.body_too_large.to_owned(),
        ),
        _ => ApiError::new(
            StatusCode::BAD_REQUEST,
            "malformed-body",
            "Malformed body",
            |t| t.request_errors.malformed_body.to_owned(),
        ),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split(';').next())
        .is_some_and(|kind| {
            let kind = kind.trim().to_ascii_lowercase();
            kind == "application/json"
                || (kind.starts_with("application/") && kind.ends_with("+json"))
        })
}

/// The id in a path. A text that is not an id gets 404, since it names nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathId<T>(pub(super) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for PathId<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let not_found = || ApiError::from(DomainError::NotFound);
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found())?;
        text.parse().map(Self).map_err(|_| not_found())
    }
}

/// The two ids in a path, such as those of a competition and of one of its parts. A text that is not an id gets 404.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathIds<T, U>(pub(super) T, pub(super) U);

impl<S: Send + Sync, T: FromStr, U: FromStr> FromRequestParts<S> for PathIds<T, U> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let not_found = || ApiError::from(DomainError::NotFound);
        let Path((first, second)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found())?;
        match (first.parse(), second.parse()) {
            (Ok(first), Ok(second)) => Ok(Self(first, second)),
            _ => Err(not_found()),
        }
    }
}

/// A query string. Its fields are texts, which a [`QueryReader`] parses. Unknown names are ignored.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueryString<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryString<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(fields)| Self(fields))
            .map_err(|_| {
                ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "malformed-query",
                    "Malformed query",
                    |t| t.request_errors.malformed_query.to_owned(),
                )
            })
    }
}

/// The response for a new resource: 201 with its path, or that of the list it stands in, as `Location`.
pub(super) fn created(path: &str, view: impl Serialize) -> Response {
    let headers = [(header::LOCATION, location(path))];
    (StatusCode::CREATED, headers, Json(view)).into_response()
}

/// Returns the value of `Location` for a new resource. Ids and the paths of this API always fit in a
/// header.
pub(super) fn location(path: &str) -> HeaderValue {
    HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"))
}

/// Parses the texts of a query and collects the errors of all fields.
#[derive(Debug, Default)]
pub(super) struct QueryReader {
    errors: FieldErrors,
}

/// Returns the text of a field; `None` if it is empty, as browsers send fields of forms.
fn non_empty(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Returns a text to search for, in the form in which texts are stored; `None` if it has no visible
/// character.
pub(super) fn search_text(text: &Option<String>) -> Option<String> {
    text.as_deref().and_then(text_rules::plain)
}

impl QueryReader {
    /// Continues after `errors` of other fields.
    pub(super) fn with(errors: FieldErrors) -> Self {
        Self { errors }
    }

    /// Parses a member of a closed list by its name in JSON; `None` if the field is empty.
    pub(super) fn name<T: DeserializeOwned>(
        &mut self,
        field: &str,
        text: &Option<String>,
    ) -> Option<T> {
        let text = non_empty(text)?;
        let value = serde_json::from_value(text.into());
        if value.is_err() {
            self.errors.add(field, RequestProblem::UnknownName);
        }
        value.ok()
    }

    /// Parses `true` or `false`; an empty field is `false`.
    pub(super) fn flag(&mut self, field: &str, text: &Option<String>) -> bool {
        match non_empty(text) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.errors.add(field, RequestProblem::NotABoolean);
                false
            }
        }
    }

    /// Parses `true` or `false`; `None` if the field is empty.
    pub(super) fn optional_flag(&mut self, field: &str, text: &Option<String>) -> Option<bool> {
        non_empty(text)?;
        Some(self.flag(field, text))
    }

    /// Parses the number and the size of a page. A number outside of the bounds is an error. (The HTML
    /// pages use the nearest bound instead: an outdated link should still show something.)
    pub(super) fn paging(&mut self, page: &Option<String>, per_page: &Option<String>) -> Paging {
        let page = self.number("page", page, Paging::LAST_PAGE);
        let per_page = self.number("perPage", per_page, Paging::MOST_ROWS);
        Paging::new(page, per_page, DEFAULT_PER_PAGE)
    }

    /// Parses a value with `parse`. `otherwise` is the problem of one that does not parse.
    pub(super) fn parsed<T>(
        &mut self,
        field: &str,
        text: &Option<String>,
        otherwise: RequestProblem,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(text.as_deref()?);
        if value.is_none() {
            self.errors.add(field, otherwise);
        }
        value
    }

    /// Parses a whole number from 1 to `most`.
    pub(super) fn number(&mut self, field: &str, text: &Option<String>, most: u64) -> Option<u64> {
        let text = text.as_deref()?;
        let number = text.parse().ok().filter(|n| (1..=most).contains(n));
        if number.is_none() {
            self.errors
                .add(field, RequestProblem::WholeNumberOutOfBounds(most));
        }
        number
    }

    /// Finishes the parsing.
    ///
    /// # Errors
    /// Returns 422 `invalid-fields` with every field that could not be parsed.
    pub(super) fn finish(self) -> ApiResult<()> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(self.errors.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_the_bounds_and_words_are_refused() {
        let some = |text: &str| Some(text.to_owned());
        for (page, per_page) in [
            ("0", "1"),
            ("-3", "1"),
            ("two", "1"),
            ("1000001", "1"),
            ("1", "0"),
            ("", "1"),
            ("1", "101"),
            ("1", "100000000000000000000"),
        ] {
            let mut reader = QueryReader::default();
            reader.paging(&some(page), &some(per_page));
            assert!(reader.finish().is_err(), "{page} {per_page}");
        }
        let mut reader = QueryReader::default();
        let paging = reader.paging(&some("1000000"), &some("100"));
        assert_eq!((paging.page, paging.per_page), (1_000_000, 100));
        let paging = reader.paging(&None, &None);
        assert_eq!((paging.page, paging.per_page), (1, DEFAULT_PER_PAGE));
        assert!(reader.finish().is_ok());
    }

    #[test]
    fn an_empty_value_counts_as_absent_and_so_does_a_text_of_control_characters() {
        let some = |text: &str| Some(text.to_owned());
        let mut reader = QueryReader::default();
        assert_eq!(reader.name::<crate::model::Role>("role", &some("")), None);
        assert!(!reader.flag("all", &some("")));
        assert!(reader.finish().is_ok());
        for nothing in ["", "  ", "\0", "\u{1}\n"] {
            assert_eq!(search_text(&some(nothing)), None);
        }
        // Control characters are not part of a name.
        for wrong in ["\0", "true\0", "1"] {
            let mut reader = QueryReader::default();
            reader.flag("all", &some(wrong));
            assert!(reader.finish().is_err(), "{wrong:?}");
        }
    }
}
