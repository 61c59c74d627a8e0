//! The second factor of an account: codes of an authenticator app, and recovery codes for the case that it is lost.
//!
//! | step | function | effect |
//! | --- | --- | --- |
//! | the owner asks for a secret | [`Accounts::set_up_second_factor`] | stores it; log-ins do not need it yet |
//! | the owner enters a code of the app | [`Accounts::confirm_second_factor`] | log-ins need the second factor from now on; all others end |
//! | somebody logs in | [`log_in`] | the password or a code sent by mail is not enough |
//! | the owner asks for other recovery codes | [`Accounts::replace_recovery_codes`] | those from before are worth nothing |
//! | the owner enters a code | [`Accounts::remove_second_factor`] | log-ins need it no more |
//! | an operator is asked | [`Accounts::remove_second_factor_of`] | the same; the account is logged out everywhere |

mod log_in;
mod recovery_codes;
mod replacement;
mod totp;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

pub use recovery_codes::RECOVERY_CODES;

use super::{Accounts, Initiator, totp_secrets::TotpSecrets};
use crate::{
    domain::{
        Actor, Result,
        audit::AuditEvent,
        mailbox::{
            NewMessage,
            message_texts::{self, MessageText},
        },
        rate_limits::RateLimit,
    },
    jobs::outbox::{self, NewJob},
    model::{
        AuditAction, AuditOutcome, DomainError, MessageKind, RecoveryCodesView, Role,
        SecondFactorView, TotpSetupView, UserId, UserView,
        forms::{ConfirmTotpForm, RemoveTotpForm, SecondFactorCode},
    },
    store::{
        InfrastructureError, Transaction, audit, auth_epoch,
        entity::{second_factor, user},
        sign_out::{self, KeptLogIn},
    },
};

const REMOVE: AuditAction = AuditAction::SecondFactorRemove;

impl Accounts {
    /// Returns whether the account has to set up a second factor before it does anything else on the pages.
    pub(super) fn lacks_second_factor(&self, row: &user::Model) -> bool {
        self.second_factors.required_of_admins
            && row.role == Role::Admin
            && row.second_factor_at.is_none()
    }

    /// Returns the actor's second factor; `None` if log-ins need none.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn second_factor(&self, actor: Actor) -> Result<Option<SecondFactorView>> {
        let row = self.row(actor.id).await?;
        let Some(since) = row.and_then(|row| row.second_factor_at) else {
            return Ok(None);
        };
        let read = self.database.read();
        Ok(Some(SecondFactorView {
            since,
            recovery_codes_left: recovery_codes::count(read, actor.id).await?,
        }))
    }

    /// Creates a secret for the actor's authenticator app, which replaces one that was not confirmed. Callers make
    /// sure that the log-in is recent.
    ///
    /// # Errors
    /// Returns [`DomainError::SecondFactorActive`] if the account has a second factor.
    pub async fn set_up_second_factor(&self, actor: Actor) -> Result<TotpSetupView> {
        let transaction = self.database.begin().await?;
        let row = locked(&transaction, actor.id).await?;
        must_have_none(&row)?;
        let secrets = &self.second_factors.secrets;
        let secret = secrets
            .create(&transaction, actor.id, self.clock.now())
            .await?;
        transaction.commit().await?;
        Ok(totp::set_up(&secret, &row.email)?)
    }

    /// Returns the secret that the actor has not confirmed yet; `None` if there is none.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn unconfirmed_second_factor(&self, actor: Actor) -> Result<Option<TotpSetupView>> {
        let row = self.row(actor.id).await?;
        let Some(row) = row.filter(|row| row.second_factor_at.is_none()) else {
            return Ok(None);
        };
        let secrets = &self.second_factors.secrets;
        let secret = secrets.read(self.database.read(), actor.id).await?;
        let view = secret.map(|secret| totp::set_up(&secret, &row.email));
        Ok(view.transpose()?)
    }

    /// Encrypts the actor's recovery codes, so that the browser can keep them for the next page.
    ///
    /// # Errors
    /// Returns an infrastructure error if the operating system provides no random numbers.
    pub fn seal_recovery_codes(&self, actor: Actor, codes: &RecoveryCodesView) -> Result<String> {
        let secrets = &self.second_factors.secrets;
        Ok(secrets.seal_codes(actor.id, &codes.recovery_codes)?)
    }

    /// Returns the recovery codes that were encrypted for this actor; `None` for any other text.
    #[must_use]
    pub fn open_recovery_codes(&self, actor: Actor, sealed: &str) -> Option<RecoveryCodesView> {
        let secrets = &self.second_factors.secrets;
        let recovery_codes = secrets.open_codes(actor.id, sealed)?;
        Some(RecoveryCodesView { recovery_codes })
    }

    /// Makes log-ins need the second factor from now on, ends all other log-ins, and returns the recovery codes.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::InvalidSecondFactor`] if the code is wrong or was used,
    /// [`DomainError::NotFound`] if there is no secret, [`DomainError::SecondFactorActive`], or
    /// [`DomainError::TooManyRequests`].
    pub async fn confirm_second_factor(
        &self,
        actor: Actor,
        form: &ConfirmTotpForm,
        kept: &KeptLogIn,
    ) -> Result<RecoveryCodesView> {
        let code = form.parse()?;
        self.count_own_attempt(actor).await?;
        let now = self.clock.now();
        let transaction = self.database.begin().await?;
        let row = locked(&transaction, actor.id).await?;
        must_have_none(&row)?;
        let secret = self.second_factors.secrets.read(&transaction, actor.id);
        let secret = secret.await?.ok_or(DomainError::NotFound)?;
        let step = totp::step_of(&secret, &code, now)?;
        let step = step.ok_or(DomainError::InvalidSecondFactor)?;
        if !TotpSecrets::take_step(&transaction, actor.id, step).await? {
            return Err(DomainError::InvalidSecondFactor.into());
        }
        set_since(&transaction, actor.id, Some(now)).await?;
        let recovery_codes = recovery_codes::create(&transaction, actor.id, now).await?;
        let ended = sign_out::everywhere(&transaction, actor.id, kept, now).await?;
        let event = AuditEvent::by(actor, AuditAction::SecondFactorAdd, AuditOutcome::Done);
        let text = message_texts::second_factor_added(row.reads(), &row.name);
        let change = Change {
            account: actor.id,
            event: event.on(Some(actor.id)),
            text,
        };
        self.finish(transaction, change).await?;
        self.forget(actor.id, ended).await?;
        self.take_back_own_attempt(actor).await;
        Ok(RecoveryCodesView { recovery_codes })
    }

    /// Removes the actor's second factor.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::InvalidSecondFactor`] if the code is wrong or was used,
    /// [`DomainError::NotFound`] if the account has no second factor, or [`DomainError::TooManyRequests`].
    pub async fn remove_second_factor(&self, actor: Actor, form: &RemoveTotpForm) -> Result<()> {
        let code = form.parse()?;
        self.count_own_attempt(actor).await?;
        let transaction = self.database.begin().await?;
        let row = locked(&transaction, actor.id).await?;
        row.second_factor_at.ok_or(DomainError::NotFound)?;
        let event = AuditEvent::by(actor, REMOVE, AuditOutcome::Done);
        if !self.take_code(&transaction, actor.id, &code).await? {
            transaction.rollback().await?;
            let failed = AuditEvent::by(actor, REMOVE, AuditOutcome::Failed);
            self.guard.audit.note(failed.on(Some(actor.id))).await?;
            return Err(DomainError::InvalidSecondFactor.into());
        }
        delete(&transaction, actor.id).await?;
        let change = Change {
            account: actor.id,
            event: event.on(Some(actor.id)),
            text: message_texts::second_factor_removed(row.reads(), &row.name),
        };
        self.finish(transaction, change).await?;
        self.take_back_own_attempt(actor).await;
        Ok(())
    }

    /// Removes the second factor of an account and ends all its sessions and tokens, for the command line. Does
    /// nothing if it has none.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if no account has the address.
    pub async fn remove_second_factor_of(
        &self,
        email: &str,
        by: Initiator<'_>,
    ) -> Result<UserView> {
        let row = self.by_email(&email.trim().to_lowercase()).await?;
        let id = row.ok_or(DomainError::NotFound)?.id;
        let transaction = self.database.begin().await?;
        let row = locked(&transaction, id).await?;
        if row.second_factor_at.is_none() {
            return Ok(super::view(row));
        }
        delete(&transaction, id).await?;
        let now = self.clock.now();
        let ended = sign_out::everywhere(&transaction, id, &KeptLogIn::None, now).await?;
        let change = Change {
            account: id,
            event: by.event(REMOVE, None).on(Some(id)),
            text: message_texts::second_factor_removed(row.reads(), &row.name),
        };
        self.finish(transaction, change).await?;
        self.forget(id, ended).await?;
        Ok(super::view(row))
    }

    /// Uses a code: returns whether it was right and not used before.
    async fn take_code<C: ConnectionTrait>(
        &self,
        connection: &C,
        account: UserId,
        code: &SecondFactorCode,
    ) -> Result<bool> {
        let digits = match code {
            SecondFactorCode::Recovery(code) => {
                return Ok(recovery_codes::take(connection, account, code).await?);
            }
            SecondFactorCode::Totp(digits) => digits,
        };
        let secrets = &self.second_factors.secrets;
        let Some(secret) = secrets.read(connection, account).await? else {
            tracing::warn!(
                user.id = %account,
                "A second factor can't be read with JWT_SECRET; the account needs a recovery code, or `mini-compete user remove-second-factor`"
            );
            return Ok(false);
        };
        Ok(match totp::step_of(&secret, digits, self.clock.now())? {
            Some(step) => TotpSecrets::take_step(connection, account, step).await?,
            None => false,
        })
    }

    /// Counts an attempt of somebody who is logged in, so that a stolen session is no way to guess codes. It does
    /// not count against log-ins.
    async fn count_own_attempt(&self, actor: Actor) -> Result<()> {
        let account = actor.id.to_string();
        let limits = &self.guard.limits;
        let counted = limits.count(RateLimit::OWN_SECOND_FACTOR, &account);
        Ok(counted.await.map_err(DomainError::from)?)
    }

    async fn take_back_own_attempt(&self, actor: Actor) {
        let account = actor.id.to_string();
        let limits = &self.guard.limits;
        limits
            .take_back(RateLimit::OWN_SECOND_FACTOR, &account)
            .await;
    }

    /// Records the change, tells the owner, and commits.
    async fn finish(&self, transaction: Transaction, change: Change) -> Result<()> {
        let record = self.guard.audit.record(change.event);
        let message = message(change.account, change.text);
        let jobs = self.write_message(&transaction, message).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.mail.committed(&jobs).await;
        Ok(())
    }

    async fn write_message<C: ConnectionTrait>(
        &self,
        transaction: &C,
        message: NewMessage,
    ) -> Result<Vec<NewJob>, InfrastructureError> {
        let now = self.clock.now();
        let jobs = self.mail.writer.write(transaction, vec![message], now);
        let jobs = jobs.await?;
        outbox::write(transaction, &jobs, now).await?;
        Ok(jobs)
    }
}

/// A change of a second factor that is recorded and that its owner is told of.
struct Change {
    account: UserId,
    event: AuditEvent,
    text: MessageText,
}

fn message(account: UserId, (subject, body): MessageText) -> NewMessage {
    NewMessage {
        user: account,
        registration: None,
        competition: None,
        announcement: None,
        kind: MessageKind::Account,
        dedupe_key: format!("second-factor:{}", Uuid::now_v7()),
        subject,
        body,
        follows: None,
    }
}

/// Locks an account until the transaction ends, and reads it.
async fn locked<C: ConnectionTrait>(transaction: &C, account: UserId) -> Result<user::Model> {
    auth_epoch::lock(transaction, account).await?;
    let row = user::Entity::find_by_id(account).one(transaction).await?;
    Ok(row.ok_or(DomainError::Unauthenticated)?)
}

fn must_have_none(row: &user::Model) -> Result<(), DomainError> {
    match row.second_factor_at {
        Some(_) => Err(DomainError::SecondFactorActive),
        None => Ok(()),
    }
}

async fn set_since<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
    since: Option<DateTime<Utc>>,
) -> Result<(), InfrastructureError> {
    user::Entity::update_many()
        .col_expr(user::Column::SecondFactorAt, Expr::value(since))
        .filter(user::Column::Id.eq(account))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Deletes the second factor of an account with its recovery codes. Log-ins that wait for their second step are
/// worth nothing afterwards.
pub(in crate::domain) async fn delete<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
) -> Result<(), InfrastructureError> {
    set_since(transaction, account, None).await?;
    second_factor::Entity::delete_by_id(account)
        .exec(transaction)
        .await?;
    recovery_codes::delete_all(transaction, account).await?;
    Ok(auth_epoch::raise(transaction, account).await?)
}
