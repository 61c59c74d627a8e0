//! What time it is, in one place, so that tests can say.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock. Cheap to clone; clones of a [`Clock::manual`] move together.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    manual: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still until it is moved.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self {
            manual: Some(Arc::new(AtomicI64::new(start.timestamp_millis()))),
        }
    }

    /// Now, in UTC, to the millisecond: every database and JavaScript keep that exactly.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let millis = match &self.manual {
            Some(millis) => millis.load(Ordering::SeqCst),
            None => Utc::now().timestamp_millis(),
        };
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// Moves a manual clock forward (a system clock moves by itself).
    pub fn advance(&self, by: TimeDelta) {
        if let Some(millis) = &self.manual {
            millis.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }
}
