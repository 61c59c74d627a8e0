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

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

use super::{
    Accounts, Origin, Passwords, VerifiedAccount,
    devices::DeviceOwner,
    log_in_attempt::{AttemptKind, LogInAttempt},
    log_in_codes::{self, CodeUse},
    pending_log_in::{LogInStep, PendingLogIn},
};
use crate::{
    domain::{Actor, Error, Result, audit::AuditEvent},
    model::{
        AuditAction, AuditOutcome, DomainError, Language, UserId,
        forms::{LogInInput, LogInProof, LoginForm},
    },
    store::{InfrastructureError, entity::user},
};

impl Accounts {
    /// Returns the account if the password or the code from a mail is right, and the second factor, if the account
    /// has one; the device becomes a known device of it. Takes the same time whether or not the account exists.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::InvalidCredentials`],
    /// [`DomainError::SecondFactorRequired`] if only the second factor is missing,
    /// [`DomainError::InvalidSecondFactor`], [`DomainError::AccountDisabled`], or
    /// [`DomainError::TooManyRequests`] after too many failures, even if this password is right.
    pub async fn log_in(&self, form: &LoginForm, origin: &Origin) -> Result<VerifiedAccount> {
        let input = form.parse()?;
        let (accounts, origin) = (self.clone(), origin.clone());
        // In its own task, which also finishes if the client closes the connection: otherwise a right
        // password would stay counted as a failure.
        let attempt = tokio::spawn(async move { accounts.both_steps(input, &origin).await });
        attempt.await.map_err(InfrastructureError::internal)?
    }

    /// Does the first step of a log-in on the pages: works like [`log_in`](Self::log_in), but takes no second
    /// factor, which is asked for on the next page.
    ///
    /// # Errors
    /// Returns the same errors as [`log_in`](Self::log_in), except those about the second factor.
    pub async fn begin_log_in(&self, form: &LoginForm, origin: &Origin) -> Result<LogInStep> {
        let input = form.parse()?;
        let (accounts, origin) = (self.clone(), origin.clone());
        let attempt = tokio::spawn(async move {
            let row = accounts.first_step(&input, CodeUse::Final, &origin).await?;
            if row.second_factor_at.is_some() {
                let pending = PendingLogIn::new(&row, accounts.clock.now());
                return Ok(LogInStep::SecondFactor(pending));
            }
            accounts.logged_in(row, &origin).await.map(LogInStep::Done)
        });
        attempt.await.map_err(InfrastructureError::internal)?
    }

    async fn both_steps(&self, input: LogInInput, origin: &Origin) -> Result<VerifiedAccount> {
        let row = self
            .first_step(&input, CodeUse::UntilSecondStep, origin)
            .await?;
        if row.second_factor_at.is_some() {
            let code = input
                .second_factor
                .ok_or(DomainError::SecondFactorRequired)?;
            self.prove_second_factor(&row, &code, origin).await?;
            let used = matches!(input.proof, LogInProof::Password(_))
                || log_in_codes::use_up(self.database.write(), row.id).await?;
            if !used {
                return Err(DomainError::InvalidCredentials.into());
            }
        }
        self.logged_in(row, origin).await
    }

    /// Returns the account if the password or the code from a mail is right.
    async fn first_step(
        &self,
        input: &LogInInput,
        code_use: CodeUse,
        origin: &Origin,
    ) -> Result<user::Model> {
        let row = self.by_email(&input.email).await?;
        let proof = FirstFactor {
            of: input.proof.clone(),
            code_use: match &row {
                Some(row) if row.second_factor_at.is_some() => code_use,
                _ => CodeUse::Final,
            },
        };
        let row = self
            .prove(AuditAction::LogIn, &input.email, row, proof, origin)
            .await?;
        // Only who knows the password learns it.
        if row.disabled_at.is_some() {
            return Err(DomainError::AccountDisabled.into());
        }
        Ok(row)
    }

    /// Records a log-in that has passed all steps, and makes the device a known one.
    pub(super) async fn logged_in(
        &self,
        row: user::Model,
        origin: &Origin,
    ) -> Result<VerifiedAccount> {
        let actor = Actor::new(row.id, row.role).at(origin.address);
        let event = AuditEvent::by(actor, AuditAction::LogIn, AuditOutcome::Done);
        let audit = &self.guard.audit;
        audit.note_bounded(event.on(Some(row.id))).await?;
        if let (None, Some(language)) = (row.language, origin.language) {
            self.adopt_language(row.id, language).await?;
        }
        self.know_device(origin, DeviceOwner::from(&row));
        Ok(row.into())
    }

    /// Gives an account that has no language yet the one of its first log-in.
    async fn adopt_language(&self, account: UserId, language: Language) -> Result<()> {
        user::Entity::update_many()
            .col_expr(user::Column::Language, Expr::value(language))
            .filter(user::Column::Id.eq(account))
            .filter(user::Column::Language.is_null())
            .exec(self.database.write())
            .await?;
        Ok(())
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
            let proof = FirstFactor {
                of: LogInProof::Password(password),
                code_use: CodeUse::Final,
            };
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
        proof: FirstFactor,
        origin: &Origin,
    ) -> Result<user::Model> {
        let limits = &self.guard.limits;
        let account = row.as_ref().map(|row| row.id);
        let attempt = LogInAttempt::new(
            AttemptKind::FirstStep,
            email,
            row.as_ref(),
            origin,
            &self.guard,
        );
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
        let verified = match proof.of {
            LogInProof::Password(password) => verify(&self.passwords, password, row.as_ref()).await,
            LogInProof::Code(code) => {
                let (key, now) = (&self.mail.code_key, self.clock.now());
                let code = (code.as_str(), proof.code_use);
                let taken = log_in_codes::take(&self.database, key, (account, email), code, now);
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

/// What proves whose account it is.
struct FirstFactor {
    of: LogInProof,
    /// What a right code from a mail is worth afterwards.
    code_use: CodeUse,
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
