//! Values of results as people type and read them: `1:02:03.45` is a time of 372,345 hundredths of a second.

use super::{StageMetric, forms::ResultProblem};

/// The largest value of a result, and by its sign the smallest, in the smallest unit.
pub const RESULT_VALUE_MAX: i64 = 1_000_000_000_000;
/// The smallest value of a result, in the smallest unit.
const RESULT_VALUE_MIN: i64 = -RESULT_VALUE_MAX;
/// The most decimals of the values of a stage.
pub const RESULT_DECIMALS_MAX: i64 = 6;
/// The longest value that is read, in characters.
const TYPED_MAX: usize = 40;

/// Checks that a value is within the bounds of its metric.
///
/// # Errors
/// Returns what is wrong with it.
pub const fn check_value(metric: StageMetric, value: i64) -> Result<i64, ResultProblem> {
    match (metric, value) {
        (StageMetric::Time, ..0) => Err(ResultProblem::NegativeTime),
        (StageMetric::Attendance, 0..=1) => Ok(value),
        (StageMetric::Attendance, _) => Err(ResultProblem::NotAnAttendance),
        (_, RESULT_VALUE_MIN..=RESULT_VALUE_MAX) => Ok(value),
        _ => Err(ResultProblem::ValueTooLarge),
    }
}

/// Reads a value that was typed, into the smallest unit. Times are `seconds`, `minutes:seconds` or
/// `hours:minutes:seconds`; the decimals follow a point or a comma.
///
/// # Errors
/// Returns what is wrong with it: more decimals than the stage has are refused rather than rounded.
pub fn parse_value(metric: StageMetric, decimals: u32, typed: &str) -> Result<i64, ResultProblem> {
    let malformed = match metric {
        StageMetric::Time => ResultProblem::NotATimeSpan,
        StageMetric::Score | StageMetric::Points | StageMetric::Attendance => {
            ResultProblem::NotAValue
        }
    };
    let text = typed.trim();
    if text.len() > TYPED_MAX {
        return Err(malformed);
    }
    let (negative, text) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((_, "")) => return Err(malformed),
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let whole = match metric {
        StageMetric::Time => seconds(whole),
        StageMetric::Score | StageMetric::Points | StageMetric::Attendance => digits(whole),
    };
    let fraction = fraction.trim_end_matches('0');
    let places = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
    let read = match fraction {
        "" => Some(0),
        fraction => digits(fraction),
    };
    let (Some(whole), Some(read)) = (whole, read) else {
        return Err(malformed);
    };
    let Some(missing) = decimals.checked_sub(places) else {
        return Err(ResultProblem::TooManyDecimals(decimals.into()));
    };
    let value = whole
        .checked_mul(10_i64.pow(decimals))
        .and_then(|value| value.checked_add(read.checked_mul(10_i64.pow(missing))?));
    let value = value.ok_or(ResultProblem::ValueTooLarge)?;
    check_value(metric, if negative { -value } else { value })
}

/// Reads a whole number without a sign.
fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// Reads hours, minutes and seconds. Only the first of them may be larger than 59.
fn seconds(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    for (at, part) in text.split(':').enumerate() {
        let part = digits(part)?;
        if at > 2 || (at > 0 && part > 59) {
            return None;
        }
        total = total.checked_mul(60)?.checked_add(part)?;
    }
    Some(total)
}

/// Returns a value as it is read: `1:02:03.45` for a time, and `-1.5` for a score.
#[must_use]
pub fn format_value(metric: StageMetric, decimals: u32, value: i64) -> String {
    let unit = 10_u64.pow(decimals);
    let (whole, fraction) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    let sign = if value < 0 { "-" } else { "" };
    let whole = match metric {
        StageMetric::Time => {
            let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
            match (hours, minutes) {
                (0, minutes) => format!("{minutes}:{seconds:02}"),
                (hours, minutes) => format!("{hours}:{minutes:02}:{seconds:02}"),
            }
        }
        StageMetric::Score | StageMetric::Points | StageMetric::Attendance => whole.to_string(),
    };
    match usize::try_from(decimals).unwrap_or(0) {
        0 => format!("{sign}{whole}"),
        places => format!("{sign}{whole}.{fraction:0places$}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_as_people_type_them() {
        for (typed, hundredths) in [
            ("1:02:03.45", 372_345),
            ("62:03,45", 372_345),
            (" 3723.450 ", 372_345),
            ("0", 0),
            ("9:59", 59_900),
            ("100:00:00", 36_000_000),
        ] {
            let read = parse_value(StageMetric::Time, 2, typed);
            assert_eq!(read, Ok(hundredths), "{typed}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_the_reason() {
        for (typed, problem) in [
            ("-1:00", ResultProblem::NegativeTime),
            ("1:60", ResultProblem::NotATimeSpan),
            ("1:2:3:4", ResultProblem::NotATimeSpan),
            ("", ResultProblem::NotATimeSpan),
            (":", ResultProblem::NotATimeSpan),
            ("1.", ResultProblem::NotATimeSpan),
            ("1.5e3", ResultProblem::NotATimeSpan),
            ("1.234", ResultProblem::TooManyDecimals(2)),
            ("99999999999999", ResultProblem::ValueTooLarge),
            ("99999999999999999999999", ResultProblem::NotATimeSpan),
        ] {
            let read = parse_value(StageMetric::Time, 2, typed);
            assert_eq!(read, Err(problem), "{typed}");
        }
    }

    #[test]
    fn scores_may_be_negative_and_attendance_is_yes_or_no() {
        assert_eq!(parse_value(StageMetric::Score, 1, "-1.5"), Ok(-15));
        assert_eq!(parse_value(StageMetric::Points, 0, "\u{2212}3"), Ok(-3));
        assert_eq!(parse_value(StageMetric::Attendance, 0, "1"), Ok(1));
        let twice = parse_value(StageMetric::Attendance, 0, "2");
        assert_eq!(twice, Err(ResultProblem::NotAnAttendance));
        assert_eq!(format_value(StageMetric::Score, 1, -15), "-1.5");
        assert_eq!(format_value(StageMetric::Score, 2, -5), "-0.05");
        assert_eq!(format_value(StageMetric::Time, 2, 372_345), "1:02:03.45");
        assert_eq!(format_value(StageMetric::Time, 0, 59), "0:59");
    }

    proptest! {
        #[test]
        fn every_value_is_read_as_it_was_written(
            metric in proptest::sample::select(&[StageMetric::Time, StageMetric::Score][..]),
            decimals in 0..=6_u32,
            value in -RESULT_VALUE_MAX..=RESULT_VALUE_MAX,
        ) {
            let value = if metric == StageMetric::Time { value.abs() } else { value };
            let written = format_value(metric, decimals, value);
            prop_assert_eq!(parse_value(metric, decimals, &written), Ok(value), "{}", written);
        }

        #[test]
        fn no_text_makes_reading_a_value_panic(typed in "\\PC{0,50}", decimals in 0..=6_u32) {
            for metric in StageMetric::ALL {
                let _read = parse_value(*metric, decimals, &typed);
            }
        }
    }
}
