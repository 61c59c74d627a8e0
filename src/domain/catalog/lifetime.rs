//! Until when a page that everyone may see is true.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::CompetitionView;

/// Countdowns show seconds below this time.
const SECONDS_SHOWN: TimeDelta = TimeDelta::minutes(10);
/// How long a page with such a countdown is used.
const SECOND: TimeDelta = TimeDelta::seconds(1);

/// Says of a response that everyone may see it, and until when it is true. The web layer attaches it to
/// the requests of anonymous visitors; a handler that does not [`set`](Self::set) it makes a response for
/// this visitor alone. Cheap to clone; clones share the value.
#[derive(Debug, Clone, Default)]
pub struct PublicLifetime(Arc<Mutex<Option<Option<DateTime<Utc>>>>>);

impl PublicLifetime {
    /// Declares that the response is the same for every anonymous visitor, and true until this moment;
    /// `None` if only an edit changes it.
    pub fn set(&self, valid_until: Option<DateTime<Utc>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(valid_until);
    }

    /// Returns until when the response is true; `None` if it was not declared to be public.
    #[must_use]
    pub fn declared(&self) -> Option<Option<DateTime<Utc>>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns until when what a page shows of a competition is true if nothing changes it.
pub(super) fn shown_until(view: &CompetitionView, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let counted = [view.opens_at, Some(view.reg_deadline)];
    let counts_seconds = counted.into_iter().flatten().any(|moment| {
        let left = moment - now;
        TimeDelta::zero() < left && left < SECONDS_SHOWN + SECOND
    });
    let countdown = counts_seconds.then(|| now + SECOND);
    [view.next_phase_change(now), countdown]
        .into_iter()
        .flatten()
        .min()
}
