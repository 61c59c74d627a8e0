//! Moments as every database, the API and browsers can keep them.

use chrono::{DateTime, SubsecRound, Timelike, Utc};

/// One second in nanoseconds; chrono writes a leap second as more than that.
const SECOND: u32 = 1_000_000_000;

/// The same moment in whole microseconds: PostgreSQL keeps no more, SQLite would keep what it is
/// given, and what was answered when something was made must be what is answered ever after.
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
    fn what_is_finer_than_a_microsecond_is_cut_off() {
        let fine = read("2030-01-31T18:00:00.123456789Z");
        assert_eq!(storable(fine), read("2030-01-31T18:00:00.123456Z"));
        let whole = read("2030-01-31T18:00:00Z");
        assert_eq!(storable(whole), whole);
    }

    #[test]
    fn a_leap_second_is_the_second_after_it() {
        let leap = read("2030-06-30T23:59:60.5Z");
        assert_eq!(storable(leap), read("2030-07-01T00:00:00.5Z"));
        assert_eq!(storable(leap).to_rfc3339(), "2030-07-01T00:00:00.500+00:00");
    }
}
