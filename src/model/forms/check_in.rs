//! What a device sends that checks tickets.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    errors::{FieldErrors, line},
    field_problem::{FieldProblem, RequestProblem},
};
use crate::model::timestamp::storable;

/// The longest code that is read, in characters.
pub const SCAN_CODE_MAX: usize = 100;
/// The longest name of a device, in characters.
pub const DEVICE_MAX: usize = 64;
/// The most scans in one request.
pub const SCANS_MAX: usize = 500;
/// How old a scan may be that a device sends, in days.
pub const OLDEST_SCAN_DAYS: u64 = 7;
/// By how much the clock of a device may be ahead. The time of such a scan becomes that of its arrival.
const CLOCK_AHEAD: TimeDelta = TimeDelta::minutes(2);

/// A scan of a ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckInInput {
    /// The text of the ticket's QR code, the number on the ticket, a start number, or the id of the registration.
    pub code: String,
    /// The time of the scan, if the device had no network then: at most seven days ago, and not in the future. Without
    /// it, the scan is made now.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
    /// A name for the device, which stays the same when the scan is sent again.
    #[serde(default)]
    pub device: Option<String>,
}

/// Several scans of a device that had no network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckInBatch {
    /// The scans, in any order.
    #[cfg_attr(feature = "ssr", schema(max_items = 500))]
    pub scans: Vec<CheckInInput>,
}

impl CheckInInput {
    /// Checks every field, and returns the values in the form in which they are stored.
    ///
    /// # Errors
    /// Returns an error for each field that is out of bounds.
    pub fn check(self, now: DateTime<Utc>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let missing = || FieldProblem::Request(RequestProblem::Required);
        let code = errors.check("code", line(&self.code, missing(), 1, SCAN_CODE_MAX));
        let at = self.at.map(storable);
        match at {
            Some(at) if at > now + CLOCK_AHEAD => errors.add("at", FieldProblem::FutureTime),
            Some(at) if at < oldest(now) => {
                errors.add("at", FieldProblem::TimeTooOld(OLDEST_SCAN_DAYS));
            }
            _ => {}
        }
        let device = self.device.filter(|device| !device.trim().is_empty());
        let device = device.map(|device| line(&device, missing(), 1, DEVICE_MAX));
        let device = device.and_then(|device| errors.check("device", device));
        match code {
            Some(code) if errors.is_empty() => Ok(Self {
                code,
                at: at.map(|at| at.min(now)),
                device,
            }),
            _ => Err(errors),
        }
    }
}

impl CheckInBatch {
    /// Returns the scans. Each is checked on its own, so that one that is wrong does not keep the others back.
    ///
    /// # Errors
    /// Returns an error if there are too many.
    pub fn scans(self) -> Result<Vec<CheckInInput>, FieldErrors> {
        match self.scans.len() {
            0..=SCANS_MAX => Ok(self.scans),
            _ => Err(FieldErrors::one(
                "scans",
                FieldProblem::TooManyScans(SCANS_MAX as u64),
            )),
        }
    }
}

/// Returns the time before which a scan is refused.
fn oldest(now: DateTime<Utc>) -> DateTime<Utc> {
    let days = i64::try_from(OLDEST_SCAN_DAYS).unwrap_or(0);
    now - TimeDelta::days(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2030-01-31T18:00:00Z".parse().unwrap()
    }

    fn at(seconds: i64) -> CheckInInput {
        CheckInInput {
            code: " 7K4M-Q2XP ".to_owned(),
            at: Some(now() + TimeDelta::seconds(seconds)),
            device: Some(" ".to_owned()),
        }
    }

    #[test]
    fn a_scan_is_neither_of_the_future_nor_of_the_distant_past() {
        let checked = |seconds| at(seconds).check(now()).map(|input| input.at);
        assert_eq!(checked(-60), Ok(Some(now() - TimeDelta::seconds(60))));
        assert_eq!(
            checked(119),
            Ok(Some(now())),
            "the clock of a phone is a little fast"
        );
        let week = 7 * 24 * 3600;
        assert!(checked(-week).is_ok());
        for (seconds, problem) in [
            (121, FieldProblem::FutureTime),
            (-week - 1, FieldProblem::TimeTooOld(7)),
        ] {
            let errors = checked(seconds).unwrap_err();
            assert_eq!(errors.of("at"), Some(&problem), "{seconds}");
        }
    }

    #[test]
    fn texts_are_trimmed_and_bounded() {
        let good = at(0).check(now()).unwrap();
        assert_eq!((good.code.as_str(), good.device), ("7K4M-Q2XP", None));
        let long = CheckInInput {
            code: "x".repeat(SCAN_CODE_MAX + 1),
            at: None,
            device: Some("x".repeat(DEVICE_MAX + 1)),
        };
        let errors = long.check(now()).unwrap_err();
        assert!(errors.of("code").is_some() && errors.of("device").is_some());
        assert!(CheckInInput::default().check(now()).is_err(), "no code");
        let many = |scans| CheckInBatch {
            scans: vec![at(0); scans],
        };
        assert!(many(SCANS_MAX).scans().is_ok());
        assert!(many(SCANS_MAX + 1).scans().is_err());
    }
}
