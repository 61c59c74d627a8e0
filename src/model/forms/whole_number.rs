//! Whole numbers in JSON, however they are written.

use std::fmt;

use serde::{
    Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// Deserializes a whole number: JSON has only one kind of number, and `5.0` is an integer to JSON
/// Schema.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_i64(Whole)
}

/// Deserializes a whole number in a field that may be absent, but not `null`.
pub(super) fn present_whole<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    whole(deserializer).map(Some)
}

/// Deserializes a whole number or `null`.
pub(super) fn optional_whole<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    deserializer.deserialize_option(OptionalWhole)
}

/// Deserializes a whole number or `null` in a field that may be absent.
pub(super) fn present_optional_whole<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<i64>>, D::Error> {
    optional_whole(deserializer).map(Some)
}

/// Accepts `null`, and what [`Whole`] accepts.
struct OptionalWhole;

impl<'de> Visitor<'de> for OptionalWhole {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        whole(deserializer).map(Some)
    }
}

/// Accepts integers, and floating-point numbers without a fraction.
struct Whole;

impl Visitor<'_> for Whole {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        // 2^53: beyond it, a floating-point number cannot hold a fraction.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if number.fract() == 0.0 && number.abs() <= EXACT {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "whole and within the bounds of i64"
            )]
            Ok(number as i64)
        } else {
            Err(E::invalid_value(Unexpected::Float(number), &self))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<i64, serde_json::Error> {
        whole(&mut serde_json::Deserializer::from_str(json))
    }

    #[test]
    fn a_whole_number_is_accepted_however_it_is_written() {
        for (json, number) in [("5", 5), ("5.0", 5), ("-2", -2), ("1e3", 1000)] {
            assert_eq!(read(json).unwrap(), number, "{json}");
        }
        for bad in [
            "1.5",
            "1e300",
            "18446744073709551615",
            "\"5\"",
            "null",
            "true",
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("expected a whole number"), "{error}");
        }
    }
}
