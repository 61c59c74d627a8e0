//! How many connections the listeners accept, by the settings and by the limits of the system.

use std::sync::Arc;

use crate::{
    api::StreamLimits,
    ops::{open_files, settings::Settings},
    web::{Config, server::ConnectionLimits},
};

/// The number of connections that `METRICS_BIND` accepts: Prometheus needs one or two.
pub(super) const METRICS: usize = 64;
/// The number of open files for other purposes: the browser bundle, Redis, logs, metrics, and
/// connections that are refused.
const OTHER_FILES: u64 = 512;

/// Returns how many connections there may be in total. The limit of open files is raised for them, and where
/// that is not enough, there are fewer than `MAX_CONNECTIONS` says.
pub(super) fn total(settings: &Settings) -> usize {
    let requested = u64::from(settings.connections.max_connections);
    let files = open_files::raise_limit().unwrap_or_else(|error| {
        tracing::warn!(%error, "Could not raise the limit of open files of this process");
        None
    });
    let others = OTHER_FILES + u64::from(settings.database_connections);
    let total = files.map_or(requested, |files| allowed(requested, files, others));
    if total < requested {
        tracing::warn!(
            "MAX_CONNECTIONS: the limit of open files allows {total} of {requested} connections"
        );
    }
    usize::try_from(total).unwrap_or(usize::MAX)
}

/// Returns how many event streams there may be: a quarter of all connections is for everything else.
pub(super) fn streams(settings: &Settings, total: usize) -> StreamLimits {
    let total = total / 4 * 3;
    if !settings.rate_limit.0 {
        return StreamLimits {
            total,
            ..StreamLimits::UNBOUNDED
        };
    }
    StreamLimits {
        total,
        per_address: settings.connections.max_streams_per_address as usize,
        per_account: settings.connections.max_streams_per_account as usize,
    }
}

/// Returns the limits of the web listener.
pub(super) fn limits(settings: &Settings, total: usize, config: &Arc<Config>) -> ConnectionLimits {
    let config = Arc::clone(config);
    ConnectionLimits {
        total,
        per_address: settings.connections.max_connections_per_address as usize,
        exempt: Arc::new(move |peer| !config.rate_limit || config.trusted_proxies.contains(peer)),
    }
}

/// Returns as many of the `requested` connections as the limit `files` allows besides `others`, and at least
/// half of the limit.
fn allowed(requested: u64, files: u64, others: u64) -> u64 {
    requested.min(files.saturating_sub(others).max(files / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_into_the_limit_of_open_files_and_leave_room_for_others() {
        assert_eq!(allowed(16_384, 1_048_576, 532), 16_384);
        assert_eq!(allowed(16_384, 4_096, 532), 3_564);
        assert_eq!(allowed(16_384, 256, 532), 128);
    }
}
