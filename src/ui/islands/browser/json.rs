//! JSON that the server has sent, read by the browser's own parser. With `serde_json`, all that it can report
//! about invalid JSON would be a tenth of the bundle.
//!
//! A missing field, or one of another type, makes the whole value `None`: the page stays as it is.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use js_sys::{Array, JSON, Reflect};
use wasm_bindgen::JsValue;

use crate::model::{LiveView, PhaseRules};

/// A value in JSON.
pub struct Json(JsValue);

/// A type that can be read from JSON.
pub trait FromJson: Sized {
    /// Reads the value. Returns `None` if a part is missing or of another type.
    fn from_json(json: &Json) -> Option<Self>;
}

/// Reads a value from a text. Returns `None` if it is not one of that type.
pub fn parse<T: FromJson>(text: &str) -> Option<T> {
    T::from_json(&Json::parse(text)?)
}

impl Json {
    /// Parses a text. Returns `None` if it is not JSON.
    pub fn parse(text: &str) -> Option<Self> {
        JSON::parse(text).ok().map(Self)
    }

    /// Returns a field of an object. Returns `None` if it is missing or null.
    pub fn field(&self, name: &str) -> Option<Self> {
        let value = Reflect::get(&self.0, &name.into()).ok()?;
        (!value.is_undefined() && !value.is_null()).then_some(Self(value))
    }

    /// Returns the value, if it is a text.
    pub fn as_text(&self) -> Option<String> {
        self.0.as_string()
    }

    /// Returns a field that is a text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.field(name)?.as_text()
    }

    /// Returns a field that is a whole number up to 2^53.
    pub fn integer(&self, name: &str) -> Option<i64> {
        let number = self.field(name)?.0.as_f64()?;
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the server sends whole numbers"
        )]
        Some(number as i64)
    }

    /// Returns a field that is a count.
    pub fn count(&self, name: &str) -> Option<u32> {
        u32::try_from(self.integer(name)?).ok()
    }

    /// Returns a field that is an id or a member of an enumeration.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// Returns the values of a field that is a list; none if there is no such field.
    pub fn items(&self, name: &str) -> Vec<Self> {
        self.field(name).map_or_else(Vec::new, |list| {
            Array::from(&list.0).iter().map(Self).collect()
        })
    }

    /// Returns whether a field is true.
    pub fn is_true(&self, name: &str) -> bool {
        self.field(name).is_some_and(|value| value.0.is_truthy())
    }

    /// Returns a field that is a moment, in milliseconds since 1970.
    fn moment(&self, name: &str) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.integer(name)?)
    }
}

impl FromJson for LiveView {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            seats_left: json.count("seatsLeft")?,
            capacity: json.count("capacity")?,
            waitlisted: json.count("waitlisted")?,
            phase: json.parsed("phase")?,
            revision: json.integer("revision")?,
            results_revision: json.count("resultsRevision")?.try_into().ok()?,
        })
    }
}

impl FromJson for PhaseRules {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            status: json.parsed("status")?,
            waitlist_enabled: json.is_true("waitlist_enabled"),
            opens_at: json.moment("opens_at"),
            paused: json.is_true("paused"),
            reg_deadline: json.moment("reg_deadline")?,
            starts_at: json.moment("starts_at")?,
            ends_at: json.moment("ends_at"),
        })
    }
}
