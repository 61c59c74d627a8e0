//! The limits on failed log-ins: how one attempt is counted, by device, account and network.

use tokio::join;

use super::{
    Origin,
    devices::{DeviceOwner, Devices},
};
use crate::{
    domain::{
        audit::Audit,
        rate_limits::{RateLimit, RateLimitExceeded, RateLimiter},
    },
    store::entity::user,
};

/// What protects log-ins against guessing. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogInGuard {
    /// The limits on failures.
    pub limits: RateLimiter,
    /// The devices that are known.
    pub devices: Devices,
    /// The audit log for attempts.
    pub audit: Audit,
}

/// The step of a log-in that is tried. Each has limits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttemptKind {
    /// The password, or a code that was sent by mail.
    FirstStep,
    /// The code of the authenticator app, or a recovery code.
    SecondFactor,
}

impl AttemptKind {
    const fn of_account(self) -> RateLimit {
        match self {
            Self::FirstStep => RateLimit::FAILURES_OF_ACCOUNT,
            Self::SecondFactor => RateLimit::SECOND_FACTORS_OF_ACCOUNT,
        }
    }

    const fn of_device(self) -> RateLimit {
        match self {
            Self::FirstStep => RateLimit::FAILURES_OF_DEVICE,
            Self::SecondFactor => RateLimit::SECOND_FACTORS_OF_DEVICE,
        }
    }
}

/// A step of a log-in as it is counted.
pub(super) struct LogInAttempt<'a> {
    kind: AttemptKind,
    device: AttemptDevice<'a>,
}

/// Where the attempt is made.
enum AttemptDevice<'a> {
    /// On a known device of the account, with the device's name.
    Known(String),
    /// On any other device.
    Unknown { email: &'a str, origin: &'a Origin },
}

impl<'a> LogInAttempt<'a> {
    /// Returns an attempt to log in to the account with this address, whether or not there is one.
    pub(super) fn new(
        kind: AttemptKind,
        email: &'a str,
        row: Option<&user::Model>,
        origin: &'a Origin,
        guard: &LogInGuard,
    ) -> Self {
        // Also done without an account, so that it takes the same time.
        let owner = row.map_or(DeviceOwner::unknown(), DeviceOwner::from);
        let device = match guard.devices.recognise(origin.shown(), owner) {
            Some(device) => AttemptDevice::Known(device),
            None => AttemptDevice::Unknown { email, origin },
        };
        Self { kind, device }
    }

    /// Counts the attempt before it is made.
    pub(super) async fn count(&self, limits: &RateLimiter) -> Result<(), RateLimitExceeded> {
        match &self.device {
            AttemptDevice::Known(device) => limits.count(self.kind.of_device(), device).await,
            AttemptDevice::Unknown { email, origin } => {
                let (account, network) = join!(
                    limits.count(self.kind.of_account(), email),
                    limits.count_network(RateLimit::FAILURES_OF_NETWORK, origin.address),
                );
                // A log-in that is refused is no guess: it counts neither against the account nor against
                // other people behind the same address.
                if account.is_err() && network.is_ok() {
                    let failures = RateLimit::FAILURES_OF_NETWORK;
                    limits.take_back_network(failures, origin.address).await;
                }
                if account.is_ok() && network.is_err() {
                    limits.take_back(self.kind.of_account(), email).await;
                }
                account.and(network)
            }
        }
    }

    /// Counts one password to be hashed. A known device has a counter of its own, so that other people
    /// behind the same address can't use it up.
    pub(super) async fn count_hash(&self, limits: &RateLimiter) -> Result<(), RateLimitExceeded> {
        match &self.device {
            AttemptDevice::Known(device) => limits.count(RateLimit::PASSWORDS, device).await,
            AttemptDevice::Unknown { origin, .. } => {
                let network = origin.address;
                limits.count_network(RateLimit::PASSWORDS, network).await
            }
        }
    }

    /// Takes back an attempt that has succeeded, or was refused for another reason.
    pub(super) async fn take_back(&self, limits: &RateLimiter) {
        match &self.device {
            AttemptDevice::Known(device) => limits.take_back(self.kind.of_device(), device).await,
            AttemptDevice::Unknown { email, origin } => {
                join!(
                    limits.take_back(self.kind.of_account(), email),
                    limits.take_back_network(RateLimit::FAILURES_OF_NETWORK, origin.address),
                );
            }
        }
    }
}
