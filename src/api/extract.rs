//! Reading requests; whatever does not read leaves as problem details.

use std::str::FromStr;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::{
    ApiError, ApiResult,
    json::{Nothing, read},
};
use crate::model::{
    DomainError,
    forms::{FieldErrors, Paging},
    text_rules,
};

/// Rows a page, unless asked otherwise.
pub(super) const PER_PAGE: u64 = 20;

/// A JSON body.
///
/// 415 unless it says that it is JSON, 413 if it is too large, 400 if it is no JSON, 422 with the
/// field if it is JSON of another shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        if !is_json(request.headers()) {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "Unsupported media type",
                "Send the body as application/json.",
            ));
        }
        let bytes = bytes(request, state).await?;
        read(&bytes).map(Self)
    }
}

/// A body that must be empty or an empty object.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        let bytes = bytes(request, state).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self);
        }
        read::<Nothing>(&bytes).map(|Nothing {}| Self)
    }
}

/// A JSON body, or none; `null` is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct OptionalBody<T>(pub(super) Option<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        let bytes = bytes(request, state).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(None));
        }
        read(&bytes).map(Self)
    }
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> ApiResult<Bytes> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "Too large",
                "The body is larger than any of ours can be.",
            ),
            _ => ApiError::new(
                StatusCode::BAD_REQUEST,
                "malformed-body",
                "Malformed body",
                "The body could not be read to its end.",
            ),
        })
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

/// The id in a path. What is no id names nothing: 404.
#[derive(Debug, Clone, Copy)]
pub(super) struct Id<T>(pub(super) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let nothing = || ApiError::from(DomainError::NotFound);
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| nothing())?;
        text.parse().map(Self).map_err(|_| nothing())
    }
}

/// A query string. Its fields are texts, read by [`Read`]; names nobody knows are left alone, and
/// what holds nothing that shows is as good as absent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(asked)| Self(asked))
            .map_err(|_| {
                ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "malformed-query",
                    "Malformed query",
                    "The query string does not read: each name at most once, as UTF-8.",
                )
            })
    }
}

/// The address of something that was made. Ids and our own paths always fit in a header.
pub(super) fn location(path: &str) -> HeaderValue {
    HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"))
}

/// Reads the texts of a query, and gathers what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Read {
    errors: FieldErrors,
}

/// A name or a yes or no in a query; an empty one is absent, as forms send it.
fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// A text of a query as it can be compared with stored ones; `None` if nothing is left of it.
pub(super) fn asked_for(text: &Option<String>) -> Option<String> {
    text.as_deref().and_then(text_rules::plain)
}

impl Read {
    /// A member of a closed list, as JSON names it; empty means not asked for.
    pub(super) fn name<T: DeserializeOwned>(
        &mut self,
        field: &str,
        text: &Option<String>,
    ) -> Option<T> {
        let text = given(text)?;
        let value = serde_json::from_value(text.into());
        if value.is_err() {
            self.errors
                .add(field, "Choose one of the names in the documentation.");
        }
        value.ok()
    }

    /// Yes or no; empty means no.
    pub(super) fn flag(&mut self, field: &str, text: &Option<String>) -> bool {
        match given(text) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.errors.add(field, "Send true or false.");
                false
            }
        }
    }

    /// A page; what is no number within the bounds is refused. (A page of ours clamps instead: a
    /// link that is a little stale should show something.)
    pub(super) fn paging(&mut self, page: &Option<String>, per_page: &Option<String>) -> Paging {
        let page = self.number("page", page, Paging::LAST_PAGE);
        let per_page = self.number("perPage", per_page, Paging::MOST_ROWS);
        Paging::new(page, per_page, PER_PAGE)
    }

    /// A value as `parse` reads it. `wanted` says what to send instead of what does not read.
    pub(super) fn parsed<T>(
        &mut self,
        field: &str,
        text: &Option<String>,
        wanted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(text.as_deref()?);
        if value.is_none() {
            self.errors.add(field, wanted);
        }
        value
    }

    fn number(&mut self, field: &str, text: &Option<String>, most: u64) -> Option<u64> {
        let text = text.as_deref()?;
        let number = text.parse().ok().filter(|n| (1..=most).contains(n));
        if number.is_none() {
            self.errors
                .add(field, format!("Send a whole number from 1 to {most}."));
        }
        number
    }

    /// Fine, if everything read.
    ///
    /// # Errors
    /// 422 with the fields that did not.
    pub(super) fn done(self) -> ApiResult<()> {
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
            let mut read = Read::default();
            read.paging(&some(page), &some(per_page));
            assert!(read.done().is_err(), "{page} {per_page}");
        }
        let mut read = Read::default();
        let paging = read.paging(&some("1000000"), &some("100"));
        assert_eq!((paging.page, paging.per_page), (1_000_000, 100));
        let paging = read.paging(&None, &None);
        assert_eq!((paging.page, paging.per_page), (1, PER_PAGE));
        assert!(read.done().is_ok());
    }

    #[test]
    fn an_empty_value_is_absent_and_a_text_of_control_characters_is_empty() {
        let some = |text: &str| Some(text.to_owned());
        let mut read = Read::default();
        assert_eq!(read.name::<crate::model::Role>("role", &some("")), None);
        assert!(!read.flag("all", &some("")));
        assert!(read.done().is_ok());
        for nothing in ["", "  ", "\0", "\u{1}\n"] {
            assert_eq!(asked_for(&some(nothing)), None);
        }
        // Where only a few names are values, those are none.
        for wrong in ["\0", "true\0", "1"] {
            let mut read = Read::default();
            read.flag("all", &some(wrong));
            assert!(read.done().is_err(), "{wrong:?}");
        }
    }
}
