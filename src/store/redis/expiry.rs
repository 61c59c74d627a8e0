//! Times to live as Redis takes them.

use std::time::Duration;

/// Converts a time to live to milliseconds, at least 1, since Redis rejects 0.
pub(super) fn px(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}
