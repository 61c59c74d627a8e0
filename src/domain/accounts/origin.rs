//! Where somebody logs in from.

use std::sync::{Arc, OnceLock};

use super::ClientAddress;

/// Where a log-in or a sign-up comes from: the client's address, and what the device shows to prove
/// that it was here before. Once somebody has logged in, it holds what the device shows next time.
/// Cheap to clone; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The client's address, if there is one.
    pub address: Option<ClientAddress>,
    shown: Option<DeviceToken>,
    given: Arc<OnceLock<DeviceToken>>,
}

impl Origin {
    /// A client at `address` whose device shows `shown`.
    #[must_use]
    pub fn new(address: Option<ClientAddress>, shown: Option<DeviceToken>) -> Self {
        Self {
            address,
            shown,
            given: Arc::default(),
        }
    }

    /// Returns what the device showed.
    pub(super) fn shown(&self) -> Option<&DeviceToken> {
        self.shown.as_ref()
    }

    /// Gives the device what it shows next time. Only the first log-in of a request counts.
    pub(super) fn give(&self, token: DeviceToken) {
        // There is one log-in a request; a second would be the same device.
        let _first = self.given.set(token);
    }

    /// Returns what the device is to keep, if somebody logged in.
    #[must_use]
    pub fn given(&self) -> Option<&DeviceToken> {
        self.given.get()
    }
}

/// What a device shows: opaque to everything but [`Devices`](super::devices::Devices). It is no
/// secret that opens anything, but who has it may guess at its own budget, so it stays out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(pub String);

impl std::fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceToken(…)")
    }
}
