//! The client and device that a log-in or sign-up comes from.

use std::sync::{Arc, OnceLock};

use super::ClientAddress;
use crate::model::Language;

/// Where a log-in or a sign-up comes from: the client's address, and the token by which the device is
/// recognised. After a successful log-in it contains the token that the device must send next time.
/// Cheap to clone; clones share that token.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The client's address; `None` in tests and on the command line.
    pub address: Option<ClientAddress>,
    /// The language in which the person reads, if the request says so.
    pub language: Option<Language>,
    shown: Option<DeviceToken>,
    given: Arc<OnceLock<DeviceToken>>,
}

impl Origin {
    /// Returns the origin of a request from `address` that contains the device token `shown`.
    #[must_use]
    pub fn new(address: Option<ClientAddress>, shown: Option<DeviceToken>) -> Self {
        Self {
            address,
            language: None,
            shown,
            given: Arc::default(),
        }
    }

    /// Returns the same origin, whose person reads this language.
    #[must_use]
    pub fn reading(self, language: Option<Language>) -> Self {
        Self { language, ..self }
    }

    /// Returns the token that the device sent.
    pub(super) fn shown(&self) -> Option<&DeviceToken> {
        self.shown.as_ref()
    }

    /// Sets the token that the device must send next time. Only the first call has an effect.
    pub(super) fn give(&self, token: DeviceToken) {
        // A request contains one log-in; a second would come from the same device.
        let _first = self.given.set(token);
    }

    /// Returns the token that the device must keep, if the request logged in to an account.
    #[must_use]
    pub fn given(&self) -> Option<&DeviceToken> {
        self.given.get()
    }
}

/// The token by which a device is recognised; only [`Devices`](super::devices::Devices) reads it. It grants
/// no access, but allows to guess passwords within a rate limit of its own, so it does not appear in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(pub String);

impl std::fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceToken(…)")
    }
}
