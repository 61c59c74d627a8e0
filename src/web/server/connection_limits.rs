//! The bounds that startup sets for the connections of a listener.

use std::{net::IpAddr, sync::Arc};

/// The bounds on the number of connections that a listener keeps open.
#[derive(Clone)]
pub struct ConnectionLimits {
    /// Open connections in total.
    pub total: usize,
    /// Open connections of one peer address (an IPv6 network of 64 bits counts as one address).
    pub per_address: usize,
    /// Whether `per_address` does not apply to a peer: proxies pass on the requests of many clients.
    pub exempt: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl ConnectionLimits {
    /// Returns limits that bound the total only.
    #[must_use]
    pub fn total(total: usize) -> Self {
        Self {
            total,
            per_address: total,
            exempt: Arc::new(|_| true),
        }
    }
}

impl std::fmt::Debug for ConnectionLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionLimits")
            .field("total", &self.total)
            .field("per_address", &self.per_address)
            .finish_non_exhaustive()
    }
}
