//! Logging in, and what slows down whoever guesses.
//!
//! Counted is the account that the parsed form names, whether or not there is one, so that no way of
//! writing the request gets past the counter, and an account that does not exist answers as one that
//! does. A log-in is counted before its password is looked at and taken back when the password was
//! right: many guesses at the same moment are many.
//!
//! | who fails | counts against | and is refused with everybody who |
//! | --- | --- | --- |
//! | a device that the account knows | that device | guesses on that device |
//! | anybody else | the account, and the client's network | guesses that account, or from that network |

use std::future::Future;

use serde_json::json;
use tokio::join;

use super::{
    Accounts, Origin, Passwords, VerifiedAccount,
    devices::{DeviceOwner, Devices},
};
use crate::{
    domain::{
        Actor, Result,
        audit::{Audit, AuditEvent},
        rate_limits::{RateLimit, RateLimitExceeded, RateLimiter},
    },
    model::{AuditAction, AuditOutcome, DomainError, forms::LoginForm},
    store::{InfrastructureError, entity::user},
};

/// What slows down whoever guesses. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogInGuard {
    /// How often anybody may fail.
    pub limits: RateLimiter,
    /// Who was here before.
    pub devices: Devices,
    /// Where it is written down.
    pub audit: Audit,
}

impl Accounts {
    /// Returns the account, if the password is right; the device is known from then on. Takes as
    /// long when there is no such account: who measures learns nothing.
    ///
    /// # Errors
    /// [`DomainError::Invalid`], [`DomainError::InvalidCredentials`]; [`DomainError::TooManyRequests`] after too
    /// many failures, whether or not this password is right.
    pub async fn log_in(&self, form: &LoginForm, origin: &Origin) -> Result<VerifiedAccount> {
        let (email, password) = form.parse()?;
        let (accounts, origin) = (self.clone(), origin.clone());
        // A task of its own: a client that does not wait must not leave a right password counted as
        // a failure.
        let attempt = tokio::spawn(async move { accounts.attempt(email, password, &origin).await });
        attempt.await.map_err(InfrastructureError::internal)?
    }

    async fn attempt(
        &self,
        email: String,
        password: String,
        origin: &Origin,
    ) -> Result<VerifiedAccount> {
        let limits = &self.guard.limits;
        let row = self.by_email(&email).await?;
        let account = row.as_ref().map(|row| row.id);
        let attempt = LogInAttempt::new(&email, row.as_ref(), origin, &self.guard);
        let audit = &self.guard.audit;
        let event = |outcome| {
            let event = AuditEvent::from(origin.address, AuditAction::LogIn, outcome).on(account);
            match account {
                Some(_) => event,
                None => event.with(json!({ "emailHash": audit.hash_of_email(&email) })),
            }
        };
        if let Err(exceeded) = attempt.count(limits).await {
            if exceeded.first {
                audit.or_log(audit.note(event(AuditOutcome::Refused)).await);
            }
            return Err(DomainError::from(exceeded).into());
        }
        // Only what is going to be hashed: whoever is refused takes nobody's turn.
        if let Err(exceeded) = attempt.count_hash(limits).await {
            attempt.take_back(limits).await;
            return Err(DomainError::from(exceeded).into());
        }
        let right = proves(&self.passwords, password, row.as_ref());
        let user = match (right.await, row) {
            (Ok(true), Some(row)) => Ok(row),
            (Ok(_), _) => {
                audit.or_log(audit.note(event(AuditOutcome::Failed)).await);
                return Err(DomainError::InvalidCredentials.into());
            }
            // Nobody looked at the password.
            (Err(error), _) => Err(error),
        };
        attempt.take_back(limits).await;
        let row = user?;
        let actor = Actor::new(row.id, row.role).at(origin.address);
        let event = AuditEvent::by(actor, AuditAction::LogIn, AuditOutcome::Done);
        audit.note_bounded(event.on(Some(row.id))).await?;
        self.know_device(origin, DeviceOwner::from(&row));
        Ok(row.into())
    }

    /// Has the device that somebody logged in on known to their account.
    pub(super) fn know_device(&self, origin: &Origin, owner: DeviceOwner<'_>) {
        origin.give(self.guard.devices.remember(origin.shown(), owner));
    }
}

/// Whether the password is that of the account.
fn proves(
    passwords: &Passwords,
    password: String,
    row: Option<&user::Model>,
) -> impl Future<Output = Result<bool>> {
    let hash = row.map(|row| row.password_hash.clone());
    passwords.verify(password, hash)
}

/// One log-in, as the counters see it.
enum LogInAttempt<'a> {
    /// On a device that the account knows, by the device's name.
    Known(String),
    /// On any other.
    Unknown { email: &'a str, origin: &'a Origin },
}

impl<'a> LogInAttempt<'a> {
    fn new(
        email: &'a str,
        row: Option<&user::Model>,
        origin: &'a Origin,
        guard: &LogInGuard,
    ) -> Self {
        // Looked for also where there is no account, so that it takes as long.
        let owner = row.map_or(DeviceOwner::nobody(), DeviceOwner::from);
        match guard.devices.recognise(origin.shown(), owner) {
            Some(device) => Self::Known(device),
            None => Self::Unknown { email, origin },
        }
    }

    async fn count(&self, limits: &RateLimiter) -> Result<(), RateLimitExceeded> {
        match self {
            Self::Known(device) => limits.count(RateLimit::FAILURES_OF_DEVICE, device).await,
            Self::Unknown { email, origin } => {
                let (account, network) = join!(
                    limits.count(RateLimit::FAILURES_OF_ACCOUNT, email),
                    limits.count_network(RateLimit::FAILURES_OF_NETWORK, origin.address),
                );
                // What is refused is no guess: it counts neither against the account nor against
                // everybody else behind the same address.
                if account.is_err() && network.is_ok() {
                    let failures = RateLimit::FAILURES_OF_NETWORK;
                    limits.take_back_network(failures, origin.address).await;
                }
                if account.is_ok() && network.is_err() {
                    limits
                        .take_back(RateLimit::FAILURES_OF_ACCOUNT, email)
                        .await;
                }
                account.and(network)
            }
        }
    }

    /// Counts one password to be hashed: for a known device by itself, so that nobody else behind the
    /// same address shuts it out.
    async fn count_hash(&self, limits: &RateLimiter) -> Result<(), RateLimitExceeded> {
        match self {
            Self::Known(device) => limits.count(RateLimit::PASSWORDS, device).await,
            Self::Unknown { origin, .. } => {
                let network = origin.address;
                limits.count_network(RateLimit::PASSWORDS, network).await
            }
        }
    }

    async fn take_back(&self, limits: &RateLimiter) {
        match self {
            Self::Known(device) => {
                limits
                    .take_back(RateLimit::FAILURES_OF_DEVICE, device)
                    .await
            }
            Self::Unknown { email, origin } => {
                join!(
                    limits.take_back(RateLimit::FAILURES_OF_ACCOUNT, email),
                    limits.take_back_network(RateLimit::FAILURES_OF_NETWORK, origin.address),
                );
            }
        }
    }
}
