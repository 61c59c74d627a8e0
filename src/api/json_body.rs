//! Decodes JSON bodies, and reports what does not fit field by field, in the words of JSON.
//!
//! | body | response |
//! | --- | --- |
//! | not JSON | 400 `malformed-json`, with line and column |
//! | JSON of another shape | 422 `invalid-fields`, with the path of the field |
//!
//! The messages are written here, since those of serde name Rust types of the server.

use std::{fmt, marker::PhantomData};

use axum::http::StatusCode;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, IgnoredAny, SeqAccess, Visitor},
};

use super::error::{ApiError, ApiResult};
use crate::model::forms::{FieldErrors, RequestProblem};

/// The JSON object without members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmptyObject {}

/// Decodes a whole body as `T`.
///
/// # Errors
/// Returns 400 if it is not JSON, and 422 with the field if it is JSON of another shape.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    // Without this check, serde would decode an array as an object whose fields have no names.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(FieldErrors::one("body", RequestProblem::NotAnObject).into());
    }
    read_any(bytes)
}

/// Decodes a whole body that is an array of `T`.
///
/// # Errors
/// Returns 400 if it is not JSON, and 422 with the field if it is JSON of another shape.
pub(super) fn read_array<T: DeserializeOwned>(bytes: &[u8], most: usize) -> ApiResult<Vec<T>> {
    read_with(bytes, FirstItems::new(most))
}

/// Reads the first items of an array, and passes over the others, which are not kept.
struct FirstItems<T> {
    most: usize,
    item: PhantomData<T>,
}

impl<T> FirstItems<T> {
    const fn new(most: usize) -> Self {
        Self {
            most,
            item: PhantomData,
        }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for FirstItems<T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for FirstItems<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut first = Vec::new();
        while first.len() < self.most {
            match items.next_element()? {
                Some(item) => first.push(item),
                None => return Ok(first),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }
}

fn read_any<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    read_with(bytes, PhantomData)
}

fn read_with<'de, S: DeserializeSeed<'de>>(bytes: &'de [u8], seed: S) -> ApiResult<S::Value> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let mut track = serde_path_to_error::Track::new();
    let read = seed.deserialize(serde_path_to_error::Deserializer::new(
        &mut reader,
        &mut track,
    ));
    let value = read.map_err(|error| {
        let path = track.path().to_string();
        // For serde an object instead of a name is a syntax error, so check whether it is one.
        if error.is_data() || serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
            FieldMismatch::new(&path, &error.to_string()).into()
        } else {
            malformed(&error)
        }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let position = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (line, column) = (position(error.line()), position(error.column()));
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "malformed-json",
        "Malformed JSON",
        move |t| t.request_errors.malformed_json(line, column),
    )
}

/// A field whose value does not fit, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
struct FieldMismatch {
    field: String,
    problem: RequestProblem,
}

impl FieldMismatch {
    /// Creates it from serde's message about the value at `path`.
    fn new(path: &str, error: &str) -> Self {
        let error = error.split(" at line ").next().unwrap_or(error);
        let named = error.split('`').nth(1).unwrap_or_default();
        let (named, problem) = if error.starts_with("missing field") {
            (named, RequestProblem::Required)
        } else if error.starts_with("unknown field") {
            (named, RequestProblem::Unknown)
        } else if error.starts_with("duplicate field") {
            (named, RequestProblem::Twice)
        } else {
            ("", mismatch(error))
        };
        // The path leads to the field, or only to the object that contains it.
        let path = path.trim_matches('.');
        let field = match (path, named) {
            ("" | "?", "") => "body".to_owned(),
            ("" | "?", named) => named.to_owned(),
            (path, named) if path.ends_with(named) => path.to_owned(),
            (path, named) => format!("{path}.{named}"),
        };
        Self { field, problem }
    }
}

impl From<FieldMismatch> for ApiError {
    fn from(mismatch: FieldMismatch) -> Self {
        FieldErrors::one(&mismatch.field, mismatch.problem).into()
    }
}

/// Returns what is wrong with a value. Names of Rust types must not reach the client, so only known texts are
/// understood.
fn mismatch(error: &str) -> RequestProblem {
    let expected = error.rsplit_once(", expected ").map(|(_, rest)| rest);
    match expected {
        Some("a string" | "a borrowed string" | "string or map") => RequestProblem::NotAString,
        Some("a boolean") => RequestProblem::NotABoolean,
        Some("a whole number" | "i64" | "i32" | "u64" | "u32" | "u16" | "u8") => {
            RequestProblem::NotAWholeNumber
        }
        Some("f64" | "f32") => RequestProblem::NotANumber,
        Some("a sequence") => RequestProblem::NotAnArray,
        Some("a map") => RequestProblem::NotAnObject,
        Some(kind) if kind.starts_with("struct ") => RequestProblem::NotAnObject,
        Some("an RFC 3339 formatted date and time string") => not_a_time(),
        // The members of a closed list, by their names in JSON.
        Some(names) if names.starts_with("one of `") || names.starts_with('`') => {
            let names = names.strip_prefix("one of ").unwrap_or(names);
            RequestProblem::NoneOf(names.replace('`', ""))
        }
        Some(_) => RequestProblem::OtherKind,
        None if CHRONO_ERRORS.contains(&error) => not_a_time(),
        None if error.starts_with("UUID parsing failed") => RequestProblem::NotAnId,
        // Half of a surrogate pair: valid by the grammar of JSON, but not a text.
        None if error.contains("surrogate") || error.contains("hex escape") => {
            RequestProblem::BrokenCharacter
        }
        // Serde expected the name of a closed list and found something else.
        None if error.starts_with("expected value") => RequestProblem::UnknownName,
        None => RequestProblem::OtherKind,
    }
}

fn not_a_time() -> RequestProblem {
    RequestProblem::NotATime(TIME_EXAMPLE.to_owned())
}

/// The example of a time in messages.
const TIME_EXAMPLE: &str = "2030-01-31T18:00:00Z";

/// All messages of chrono about a text that is not a time.
const CHRONO_ERRORS: [&str; 7] = [
    "input is out of range",
    "no possible date and time matching input",
    "input is not enough for unique date and time",
    "input contains invalid characters",
    "premature end of input",
    "trailing input",
    "bad or unsupported format string",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::forms::{CompetitionInput, LoginForm};

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
    fn invalid_json_is_400_and_json_of_another_shape_is_422() {
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
        assert_eq!(one("{\"title\":\"x\"}").0, "capacity");
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
    fn an_empty_object_counts_as_no_body() {
        assert!(read::<EmptyObject>(b"{}").is_ok());
        assert!(read::<EmptyObject>(b"[]").is_err());
        assert_eq!(
            read::<EmptyObject>(b"{\"a\":1}")
                .err()
                .map(|e| e.problem().status),
            Some(422)
        );
    }

    #[test]
    fn valid_json_is_never_reported_as_malformed() {
        for value in ["{}", "[]", "null", "7", "\"OPEN\"", "{\"DRAFT\":1}"] {
            let (status, fields) = refused(&format!("{{\"status\":{value}}}"));
            assert_eq!(status, 422, "{value}");
            assert!(fields[0].0.starts_with("status"), "{value}: {fields:?}");
        }
        assert_eq!(refused("{\"status\":{}").0, 400);
        let (status, fields) = refused("{\"title\":\"\\ud800\"}");
        assert_eq!((status, &*fields[0].1), (422, "Send whole characters."));
    }

    #[test]
    fn no_message_names_a_type_of_the_server() {
        let bodies = ["null", "7", "\"x\"", "true", "1.5", "{}", "[]", "[[]]"];
        let fields = [
            "title",
            "description",
            "capacity",
            "regDeadline",
            "endsAt",
            "tags",
            "status",
            "waitlistEnabled",
        ];
        let mut messages = Vec::new();
        for body in bodies {
            if let Err(error) = read::<LoginForm>(body.as_bytes()) {
                messages.extend(error.problem().errors.iter().map(|e| e.message.clone()));
            }
            for field in fields {
                messages.extend(
                    refused(&format!("{{\"{field}\":{body}}}"))
                        .1
                        .into_iter()
                        .map(|e| e.1),
                );
            }
        }
        assert!(messages.len() > 40, "{messages:?}");
        for message in messages {
            for word in [
                "struct", "enum", "sequence", "map", "variant", "i64", "Form", "`", "RFC",
            ] {
                assert!(!message.contains(word), "{message}");
            }
            assert_ne!(message, "Send a value of the right kind.");
        }
    }

    #[test]
    fn messages_say_what_to_send_instead() {
        let one = |json: &str| refused(json).1.remove(0).1;
        assert_eq!(one("{\"tags\":\"x\"}"), "Send an array.");
        assert_eq!(
            one("{\"startsAt\":\"tomorrow\"}"),
            format!("Send a time like {TIME_EXAMPLE}.")
        );
        assert_eq!(
            one("{\"startsAt\":\"2030-01-01T23:59:61Z\"}"),
            format!("Send a time like {TIME_EXAMPLE}.")
        );
        assert_eq!(
            one("{\"startsAt\":{}}"),
            format!("Send a time like {TIME_EXAMPLE}.")
        );
        assert_eq!(
            one("{\"status\":\"OPEN\"}"),
            "Send one of DRAFT, PUBLISHED, CANCELLED."
        );
        let login = read::<LoginForm>(b"7").err().unwrap();
        assert_eq!(login.problem().errors[0].message, "Send an object.");
    }
}
