//! Logging in, with rate limits against guessing passwords.
//!
//! Failures are counted by the e-mail address in the parsed form, whether or not the account exists: the
//! counter can't be avoided by writing the request differently, and an account that does not exist gets the
//! same responses as one that does. A log-in is counted before its password is verified, and taken back if
//! the password is right, so that concurrent guesses are all counted.
//!
//! | a failure on | counts against | later refused |
//! | --- | --- | --- |
//! | a known device of the account | that device | log-ins on that device |
//! | any other device | the account and the client's network | log-ins to that account, or from that network, on devices that are not known |

use std::future::Future;

use serde_json::json;
use tokio::join;

use super::{
    Accounts, Origin, Passwords, VerifiedAccount,
    devices::{DeviceOwner, Devices},
    log_in_codes,
};
use crate::{
    domain::{
        Actor, Error, Result,
        audit::{Audit, AuditEvent},
        rate_limits::{RateLimit, RateLimitExceeded, RateLimiter},
    },
    model::{
        AuditAction, AuditOutcome, DomainError,
        forms::{LogInProof, LoginForm},
    },
    store::{InfrastructureError, entity::user},
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

impl Accounts {
    /// Returns the account if the password is right; the device becomes a known device of it. Takes the
    /// same time whether or not the account exists.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::InvalidCredentials`],
    /// [`DomainError::AccountDisabled`], or
    /// [`DomainError::TooManyRequests`] after too many failures, even if this password is right.
    pub async fn log_in(&self, form: &LoginForm, origin: &Origin) -> Result<VerifiedAccount> {
        let (email, proof) = form.parse()?;
        let (accounts, origin) = (self.clone(), origin.clone());
        // In its own task, which also finishes if the client closes the connection: otherwise a right
        // password would stay counted as a failure.
        let attempt = tokio::spawn(async move { accounts.attempt(email, proof, &origin).await });
        attempt.await.map_err(InfrastructureError::internal)?
    }

    async fn attempt(
        &self,
        email: String,
        proof: LogInProof,
        origin: &Origin,
    ) -> Result<VerifiedAccount> {
        let row = self.by_email(&email).await?;
        let row = self
            .prove(AuditAction::LogIn, &email, row, proof, origin)
            .await?;
        // Only who knows the password learns it.
        if row.disabled_at.is_some() {
            return Err(DomainError::AccountDisabled.into());
        }
        let actor = Actor::new(row.id, row.role).at(origin.address);
        let event = AuditEvent::by(actor, AuditAction::LogIn, AuditOutcome::Done);
        let audit = &self.guard.audit;
        audit.note_bounded(event.on(Some(row.id))).await?;
        self.know_device(origin, DeviceOwner::from(&row));
        Ok(row.into())
    }

    /// Returns the actor's account if `password` is its password. Wrong passwords count as failed
    /// log-ins, so a stolen session is no way to guess the password; they are recorded under `action`.
    ///
    /// # Errors
    /// Returns [`DomainError::InvalidCredentials`], or [`DomainError::TooManyRequests`] after too many
    /// failures.
    pub(super) async fn prove_password(
        &self,
        actor: Actor,
        password: String,
        action: AuditAction,
        origin: &Origin,
    ) -> Result<user::Model> {
        let row = self.row(actor.id).await?;
        let row = row.ok_or(DomainError::Unauthenticated)?;
        let (accounts, origin) = (self.clone(), origin.clone());
        // In its own task, for the same reason as a log-in.
        let proof = tokio::spawn(async move {
            let email = row.email.clone();
            let proof = LogInProof::Password(password);
            let proved = accounts.prove(action, &email, Some(row), proof, &origin);
            proved.await
        });
        proof.await.map_err(InfrastructureError::internal)?
    }

    /// Counts an attempt and returns the account if the password or the code is right.
    async fn prove(
        &self,
        action: AuditAction,
        email: &str,
        row: Option<user::Model>,
        proof: LogInProof,
        origin: &Origin,
    ) -> Result<user::Model> {
        let limits = &self.guard.limits;
        let account = row.as_ref().map(|row| row.id);
        let attempt = LogInAttempt::new(email, row.as_ref(), origin, &self.guard);
        let audit = &self.guard.audit;
        let event = |outcome| {
            let event = AuditEvent::from(origin.address, action, outcome).on(account);
            match account {
                Some(_) => event,
                None => event.with(json!({ "emailHash": audit.hash_of_email(email) })),
            }
        };
        if let Err(exceeded) = attempt.count(limits).await {
            if exceeded.first {
                audit.or_log(audit.note(event(AuditOutcome::Refused)).await);
            }
            return Err(DomainError::from(exceeded).into());
        }
        // Counted last: a log-in that is refused hashes nothing.
        if let Err(exceeded) = attempt.count_hash(limits).await {
            attempt.take_back(limits).await;
            return Err(DomainError::from(exceeded).into());
        }
        let verified = match proof {
            LogInProof::Password(password) => verify(&self.passwords, password, row.as_ref()).await,
            LogInProof::Code(code) => {
                let (key, now) = (&self.mail.code_key, self.clock.now());
                let taken = log_in_codes::take(&self.database, key, (account, email), &code, now);
                taken.await.map_err(Error::from)
            }
        };
        let proved = match (verified, row) {
            (Ok(true), Some(row)) => Ok(row),
            (Ok(_), _) => {
                audit.or_log(audit.note(event(AuditOutcome::Failed)).await);
                return Err(DomainError::InvalidCredentials.into());
            }
            // The password was not verified.
            (Err(error), _) => Err(error),
        };
        attempt.take_back(limits).await;
        proved
    }

    /// Makes the device of a successful log-in a known device of the account.
    pub(super) fn know_device(&self, origin: &Origin, owner: DeviceOwner<'_>) {
        origin.give(self.guard.devices.remember(origin.shown(), owner));
    }
}

/// Returns whether the password is that of the account; `false` if there is no account.
fn verify(
    passwords: &Passwords,
    password: String,
    row: Option<&user::Model>,
) -> impl Future<Output = Result<bool>> {
    let hash = row.map(|row| row.password_hash.clone());
    passwords.verify(password, hash)
}

/// A log-in as it is counted.
enum LogInAttempt<'a> {
    /// On a known device of the account, with the device's name.
    Known(String),
    /// On any other device.
    Unknown { email: &'a str, origin: &'a Origin },
}

impl<'a> LogInAttempt<'a> {
    fn new(
        email: &'a str,
        row: Option<&user::Model>,
        origin: &'a Origin,
        guard: &LogInGuard,
    ) -> Self {
        // Also done without an account, so that it takes the same time.
        let owner = row.map_or(DeviceOwner::unknown(), DeviceOwner::from);
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
                // A log-in that is refused is no guess: it counts neither against the account nor against
                // other people behind the same address.
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

    /// Counts one password to be hashed. A known device has a counter of its own, so that other people
    /// behind the same address can't use it up.
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
