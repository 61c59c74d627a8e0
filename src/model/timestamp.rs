//! Times in the precision that every database, the API and browsers can store.

use chrono::{DateTime, SubsecRound, Timelike, Utc};

/// One second in nanoseconds. Chrono represents a leap second as a larger value.
const SECOND: u32 = 1_000_000_000;

/// Truncates a time to microseconds. PostgreSQL stores no more and SQLite would store everything, but
/// the response to a creation must equal what is read later.
///
/// A leap second (`23:59:60`) becomes the second after it, as in POSIX time, which has none.
#[must_use]
pub fn storable(time: DateTime<Utc>) -> DateTime<Utc> {
    let time = match time.nanosecond().checked_sub(SECOND) {
        Some(beyond) => DateTime::from_timestamp(time.timestamp() + 1, beyond).unwrap_or(time),
        None => time,
    };
    time.trunc_subsecs(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn fractions_of_a_microsecond_are_cut_off() {
        let fine = read("2030-01-31T18:00:00.123456789Z");
        assert_eq!(storable(fine), read("2030-01-31T18:00:00.123456Z"));
        let whole = read("2030-01-31T18:00:00Z");
        assert_eq!(storable(whole), whole);
    }

    #[test]
    fn a_leap_second_becomes_the_second_after_it() {
        let leap = read("2030-06-30T23:59:60.5Z");
        assert_eq!(storable(leap), read("2030-07-01T00:00:00.5Z"));
        assert_eq!(storable(leap).to_rfc3339(), "2030-07-01T00:00:00.500+00:00");
    }
}
