//! The clock of the application, which tests can replace.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock. Cheap to clone; clones of a [`Clock::manual`] move together.
///
/// The clocks of different machines differ by seconds. Times that several processes compare (leases,
/// claims, heartbeats) are therefore taken from the clock of the service that stores them: PostgreSQL's
/// or Redis's. A manual clock replaces those too.
#[derive(Debug, Clone, Default)]
pub struct Clock(TimeSource);

#[derive(Debug, Clone, Default)]
enum TimeSource {
    #[default]
    System,
    /// The machine's clock plus an offset.
    Offset(TimeDelta),
    /// A number of milliseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// Returns the machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// Returns a clock that is `ahead` of the machine's (or behind, if negative), for tests of several
    /// machines whose clocks differ.
    #[must_use]
    pub fn off_by(ahead: TimeDelta) -> Self {
        Self(TimeSource::Offset(ahead))
    }

    /// Returns a clock that stands still until [`advance`](Self::advance) moves it.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> Self {
        let millis = AtomicI64::new(start.timestamp_millis());
        Self(TimeSource::Manual(Arc::new(millis)))
    }

    /// Returns the current time in UTC, in whole milliseconds, which every database and JavaScript store
    /// exactly.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let millis = match &self.0 {
            TimeSource::System => Utc::now().timestamp_millis(),
            TimeSource::Offset(ahead) => (Utc::now() + *ahead).timestamp_millis(),
            TimeSource::Manual(millis) => millis.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// Returns the time that a test has set, which also replaces the clocks of PostgreSQL and Redis;
    /// `None` for a clock that runs by itself.
    #[must_use]
    pub fn manual_time(&self) -> Option<DateTime<Utc>> {
        matches!(self.0, TimeSource::Manual(_)).then(|| self.now())
    }

    /// Moves a manual clock forward. It has no effect on other clocks.
    pub fn advance(&self, by: TimeDelta) {
        if let TimeSource::Manual(millis) = &self.0 {
            millis.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }
}
