//! What time it is, in one place, so that tests can say.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock. Cheap to clone; clones of a [`Clock::manual`] move together.
///
/// It is this process's clock, and those of other machines differ from it by seconds. Times that
/// several processes compare (leases, claims, heartbeats) are therefore taken by the clock of
/// the service that keeps them: PostgreSQL's or Redis's. A manual clock replaces those too.
#[derive(Debug, Clone, Default)]
pub struct Clock(Source);

#[derive(Debug, Clone, Default)]
enum Source {
    #[default]
    System,
    /// The machine's clock, off by so much.
    Off(TimeDelta),
    /// Milliseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// The clock of a machine that is `ahead` of the others (or behind, if negative): for tests
    /// of what happens between machines whose clocks differ.
    #[must_use]
    pub fn off_by(ahead: TimeDelta) -> Self {
        Self(Source::Off(ahead))
    }

    /// A clock that stands still until it is moved.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> Self {
        let millis = AtomicI64::new(start.timestamp_millis());
        Self(Source::Manual(Arc::new(millis)))
    }

    /// Now, in UTC, to the millisecond: every database and JavaScript keep that exactly.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let millis = match &self.0 {
            Source::System => Utc::now().timestamp_millis(),
            Source::Off(ahead) => (Utc::now() + *ahead).timestamp_millis(),
            Source::Manual(millis) => millis.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// The time that a test has set for everybody, including databases and Redis; `None` for a
    /// clock that runs by itself.
    #[must_use]
    pub fn manual_time(&self) -> Option<DateTime<Utc>> {
        matches!(self.0, Source::Manual(_)).then(|| self.now())
    }

    /// Moves a manual clock forward (a system clock moves by itself).
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(millis) = &self.0 {
            millis.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }
}
