//! Reading requests; whatever does not read leaves as problem details.

use std::str::FromStr;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{ApiError, ApiResult};
use crate::model::{
    Refusal,
    forms::{FieldErrors, Paging},
};

/// Rows a page, unless asked otherwise.
const PER_PAGE: u64 = 20;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

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

/// A JSON body, or none.
#[derive(Debug, Clone, Copy)]
pub(super) struct OptionalBody<T>(pub(super) Option<T>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        let bytes = bytes(request, state).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(None));
        }
        read(&bytes).map(|value| Self(Some(value)))
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

/// Reads JSON; says where it does not fit.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    // Left alone, serde reads an array as an object whose fields are not named.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(FieldErrors::one("body", "Send an object.").into());
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if error.is_data() {
            FieldErrors::from(&Misfit::new(&path, &error.to_string())).into()
        } else {
            malformed(&error)
        }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "malformed-json",
        "Malformed JSON",
        format!(
            "The body is no JSON: see line {}, column {}.",
            error.line(),
            error.column()
        ),
    )
}

/// A field that does not fit, in words of ours rather than serde's.
#[derive(Debug, PartialEq, Eq)]
struct Misfit {
    field: String,
    message: String,
}

impl Misfit {
    fn new(path: &str, error: &str) -> Self {
        let error = error.split(" at line ").next().unwrap_or(error);
        let named = error.split('`').nth(1).unwrap_or_default();
        let (named, message) = if error.starts_with("missing field") {
            (named, "This field is required.".to_owned())
        } else if error.starts_with("unknown field") {
            (named, "There is no such field.".to_owned())
        } else if error.starts_with("duplicate field") {
            (named, "This field stands there twice.".to_owned())
        } else if let Some((_, expected)) = error.rsplit_once(", expected ") {
            ("", format!("Send {}.", in_words(expected)))
        } else {
            ("", "Send a value of the right kind.".to_owned())
        };
        // The path leads to the field or only to the object it stands in.
        let path = path.trim_matches('.');
        let field = match (path, named) {
            ("", "") => "body".to_owned(),
            ("", named) => named.to_owned(),
            (path, named) if path.ends_with(named) => path.to_owned(),
            (path, named) => format!("{path}.{named}"),
        };
        Self { field, message }
    }
}

/// Rust's names for numbers say nothing to those who write JSON.
fn in_words(expected: &str) -> &str {
    match expected {
        "i64" | "i32" | "u64" | "u32" => "a whole number",
        other => other,
    }
}

impl From<&Misfit> for FieldErrors {
    fn from(misfit: &Misfit) -> Self {
        Self::one(&misfit.field, misfit.message.clone())
    }
}

/// The id in a path. What is no id names nothing: 404.
#[derive(Debug, Clone, Copy)]
pub(super) struct Id<T>(pub(super) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let nothing = || ApiError::from(Refusal::NotFound);
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| nothing())?;
        text.parse().map(Self).map_err(|_| nothing())
    }
}

/// A query string. Its fields are texts, read by [`Read`]; names nobody knows are left alone.
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

impl Read {
    /// A member of a closed list, as JSON names it; empty means not asked for.
    pub(super) fn name<T: DeserializeOwned>(
        &mut self,
        field: &str,
        text: &Option<String>,
    ) -> Option<T> {
        let text = text.as_deref().filter(|text| !text.is_empty())?;
        let value = serde_json::from_value(text.into());
        if value.is_err() {
            self.errors
                .add(field, "Choose one of the names in the documentation.");
        }
        value.ok()
    }

    /// Yes or no; empty means no.
    pub(super) fn flag(&mut self, field: &str, text: &Option<String>) -> bool {
        match text.as_deref() {
            None | Some("" | "false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => {
                self.errors.add(field, "Send true or false.");
                false
            }
        }
    }

    /// A page; numbers beyond the bounds are clamped, what is no number is refused.
    pub(super) fn paging(&mut self, page: &Option<String>, per_page: &Option<String>) -> Paging {
        let page = self.number("page", page);
        let per_page = self.number("perPage", per_page);
        Paging::new(page, per_page, PER_PAGE)
    }

    fn number(&mut self, field: &str, text: &Option<String>) -> Option<u64> {
        let text = text.as_deref().filter(|text| !text.is_empty())?;
        match text.parse::<i128>() {
            Ok(number) => Some(u64::try_from(number.max(0)).unwrap_or(u64::MAX)),
            Err(_) => {
                self.errors.add(field, "Send a whole number.");
                None
            }
        }
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
    use crate::model::forms::CompetitionInput;

    fn refused(json: &str) -> (u16, Vec<(String, String)>) {
        let error = read::<CompetitionInput>(json.as_bytes()).unwrap_err();
        let problem = error.problem();
        let fields = problem.errors.iter();
        (
            problem.status,
            fields
                .map(|e| (e.field.clone(), e.message.clone()))
                .collect(),
        )
    }

    #[test]
    fn what_is_no_json_is_400_and_json_of_another_shape_is_422() {
        assert_eq!(refused("{\"title\":").0, 400);
        assert_eq!(refused("{} x").0, 422);
        assert_eq!(refused("[]").0, 422);
        assert_eq!(refused("{\"title\":7}").0, 422);
    }

    #[test]
    fn the_field_that_does_not_fit_is_named() {
        let one = |json: &str| refused(json).1.remove(0);
        assert_eq!(
            one("{\"title\":7}"),
            ("title".into(), "Send a string.".into())
        );
        assert_eq!(one("{\"title\":\"x\"}").0, "description");
        assert_eq!(
            one("{\"capacity\":\"many\"}"),
            ("capacity".into(), "Send a whole number.".into())
        );
        assert_eq!(
            one("{\"role\":\"ADMIN\"}"),
            ("role".into(), "There is no such field.".into())
        );
        assert_eq!(one("{\"tags\":[1]}").0, "tags[0]");
    }

    #[test]
    fn an_empty_object_is_no_body_and_anything_in_it_is_one() {
        assert!(read::<Nothing>(b"{}").is_ok());
        assert!(read::<Nothing>(b"[]").is_err());
        assert_eq!(
            read::<Nothing>(b"{\"a\":1}")
                .err()
                .map(|e| e.problem().status),
            Some(422)
        );
    }

    #[test]
    fn numbers_beyond_the_bounds_are_clamped_and_words_are_refused() {
        let some = |text: &str| Some(text.to_owned());
        let mut read = Read::default();
        let paging = read.paging(&some("-3"), &some("100000000000000000000"));
        assert_eq!((paging.page, paging.per_page), (1, 100));
        assert!(read.done().is_ok());
        let mut read = Read::default();
        read.paging(&some("two"), &None);
        assert!(read.done().is_err());
    }
}
