//! How the owner of an account changes its password: with the current one, or with a link that is sent to
//! the account's e-mail address.
//!
//! | step | function | effect |
//! | --- | --- | --- |
//! | the owner asks for a link | [`Accounts::forgot_password`] | writes a job, whether or not the account exists |
//! | the job runs | [`account_mail`] | creates a token and sends it |
//! | the owner opens the link | [`Accounts::is_reset_token`] | nothing: scanners open links too |
//! | the owner sets a password | [`Accounts::reset_password`] | uses the token and ends every log-in |
//!
//! After a reset the e-mail address counts as confirmed, since the token was sent to it. An account that
//! somebody else signed up with this address, and whose password they know, is theirs no more.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{Accounts, Origin, account_mail, account_tokens, mail_requests::Addressee};
use crate::{
    domain::{
        Actor, Result,
        audit::AuditEvent,
        mailbox::{NewMessage, message_texts},
        rate_limits::RateLimit,
    },
    jobs::outbox,
    model::{
        AccountTokenPurpose, AuditAction, AuditOutcome, DomainError, Language, MessageKind, UserId,
        forms::{ChangePasswordForm, ForgotPasswordForm, ResetPasswordForm},
    },
    store::{
        InfrastructureError, Transaction, audit,
        entity::user,
        sign_out::{self, EndedSessions, KeptLogIn},
    },
};

const RESET: AccountTokenPurpose = AccountTokenPurpose::PasswordReset;

/// What a new password is written with.
struct NewPassword<'a> {
    account: UserId,
    name: &'a str,
    language: Language,
    hash: String,
    /// The log-in from which the change comes.
    kept: &'a KeptLogIn,
    /// Whether the change proves that the owner reads mail at the account's address.
    confirms_email: bool,
}

impl Accounts {
    /// Sends a link to set a new password to the address, if an account has it. The result and the
    /// statements that are executed do not depend on that. Without an SMTP server nothing is sent, which
    /// the log says.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], or [`DomainError::TooManyRequests`] if too many links were asked
    /// for from the network.
    pub async fn forgot_password(&self, form: &ForgotPasswordForm, origin: &Origin) -> Result<()> {
        let email = form.parse()?;
        let addressee = self
            .addressee(&email, origin, RateLimit::RESETS_OF_ADDRESS)
            .await?;
        let Some(Addressee { account }) = addressee else {
            if !self.mail.is_configured() {
                tracing::warn!(
                    "SMTP_URL is not set, so a link to set a new password was not sent; an operator can set one with `mini-compete user set-password`"
                );
            }
            return Ok(());
        };
        let job = account_mail::job(account, RESET);
        let event = AuditEvent::from(
            origin.address,
            AuditAction::PasswordForgot,
            AuditOutcome::Done,
        );
        let event = match account {
            Some(_) => event.on(account),
            None => event
                .with(serde_json::json!({ "emailHash": self.guard.audit.hash_of_email(&email) })),
        };
        let record = self.guard.audit.record(event);
        let transaction = self.database.begin().await?;
        outbox::write(&transaction, std::slice::from_ref(&job), self.clock.now()).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.mail.committed(&[job]).await;
        Ok(())
    }

    /// Returns whether a token could be used to set a new password. It stays valid.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn is_reset_token(&self, token: &str) -> Result<bool> {
        let found = account_tokens::find(self.database.read(), token, RESET, self.clock.now());
        Ok(found.await?.is_some())
    }

    /// Sets a new password with the token from a mail, and ends every session and token of the account.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`] for a password that is not good enough, in which case the token
    /// stays valid, [`DomainError::TokenInvalid`] if the token is unknown, was used or has expired, or
    /// [`DomainError::TooManyRequests`].
    pub async fn reset_password(&self, form: &ResetPasswordForm, origin: &Origin) -> Result<()> {
        let password = form.parse()?;
        let now = self.clock.now();
        // Read first, so that no password is hashed for a token that does not exist.
        let token = account_tokens::find(self.database.read(), &form.token, RESET, now)
            .await?
            .ok_or(DomainError::TokenInvalid)?;
        let row = self.row(token.user_id).await?;
        let row = row.ok_or(DomainError::TokenInvalid)?;
        self.guard
            .limits
            .count_network(RateLimit::PASSWORDS, origin.address)
            .await
            .map_err(DomainError::from)?;
        let about = [row.name.clone(), row.email.clone()];
        self.passwords
            .must_resist_guessing("password", password.clone(), about)
            .await?;
        let hash = self.passwords.hash(password).await?;
        let event = AuditEvent::from(
            origin.address,
            AuditAction::PasswordChange,
            AuditOutcome::Done,
        );
        let event = event
            .acting_as(Some(row.id))
            .on(Some(row.id))
            .with(serde_json::json!({ "by": "reset link" }));
        let record = self.guard.audit.record(event);
        let transaction = self.database.begin().await?;
        crate::store::auth_epoch::lock(&transaction, row.id).await?;
        // The account may have got another address since the token was sent to this one.
        let unchanged = user::Entity::find_by_id(row.id)
            .filter(user::Column::Email.eq(&token.email))
            .filter(user::Column::DisabledAt.is_null())
            .one(&transaction)
            .await?;
        if !account_tokens::take(&transaction, &token).await? || unchanged.is_none() {
            return Err(DomainError::TokenInvalid.into());
        }
        let new = NewPassword {
            account: row.id,
            name: &row.name,
            language: row.reads(),
            hash,
            kept: &KeptLogIn::None,
            confirms_email: true,
        };
        self.finish_password_change(transaction, new, record).await
    }

    /// Replaces the current password by another one. Ends all other sessions and token families of the
    /// account; the one that the request comes from is kept.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::InvalidCredentials`] if the current password is
    /// wrong, or [`DomainError::TooManyRequests`] after too many failures.
    pub async fn change_password(
        &self,
        actor: Actor,
        form: &ChangePasswordForm,
        kept: &KeptLogIn,
        origin: &Origin,
    ) -> Result<()> {
        let (current, new) = form.parse()?;
        let row = self
            .prove_password(actor, current, AuditAction::PasswordChange, origin)
            .await?;
        let about = [row.name.clone(), row.email.clone()];
        self.passwords
            .must_resist_guessing("newPassword", new.clone(), about)
            .await?;
        let hash = self.passwords.hash(new).await?;
        let event = AuditEvent::by(actor, AuditAction::PasswordChange, AuditOutcome::Done);
        let record = self.guard.audit.record(event.on(Some(row.id)));
        let transaction = self.database.begin().await?;
        crate::store::auth_epoch::lock(&transaction, row.id).await?;
        // Another change may have come first: this one was proved with the password before it.
        let unchanged = user::Entity::find_by_id(row.id)
            .filter(user::Column::PasswordHash.eq(&row.password_hash))
            .one(&transaction)
            .await?;
        if unchanged.is_none() {
            return Err(DomainError::InvalidCredentials.into());
        }
        let new = NewPassword {
            account: row.id,
            name: &row.name,
            language: row.reads(),
            hash,
            kept,
            confirms_email: false,
        };
        self.finish_password_change(transaction, new, record)
            .await?;
        // The device stays known: its token depends on the password.
        if let Some(row) = self.row(row.id).await? {
            self.know_device(origin, super::devices::DeviceOwner::from(&row));
        }
        Ok(())
    }

    /// Writes a new password, ends the other log-ins and tells the owner, all in one transaction.
    async fn finish_password_change(
        &self,
        transaction: Transaction,
        new: NewPassword<'_>,
        record: Option<audit::Record>,
    ) -> Result<()> {
        let now = self.clock.now();
        let mut update = user::Entity::update_many()
            .col_expr(user::Column::PasswordHash, Expr::value(new.hash))
            // Whoever knew the old password may have asked for another address.
            .col_expr(user::Column::PendingEmail, Expr::value(None::<String>))
            .col_expr(user::Column::UpdatedAt, Expr::value(now));
        if new.confirms_email {
            update = update.col_expr(user::Column::EmailConfirmed, Expr::value(true));
        }
        update
            .filter(user::Column::Id.eq(new.account))
            .exec(&transaction)
            .await?;
        let ended = sign_out::everywhere(&transaction, new.account, new.kept, now).await?;
        let (subject, body) = message_texts::password_changed(new.language, new.name);
        let message = NewMessage {
            user: new.account,
            registration: None,
            competition: None,
            announcement: None,
            kind: MessageKind::Account,
            dedupe_key: format!("password-changed:{}", Uuid::now_v7()),
            subject,
            body,
            follows: None,
        };
        let writer = self.mail.writer;
        let jobs = writer.write(&transaction, vec![message], now).await?;
        outbox::write(&transaction, &jobs, now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.forget(new.account, ended).await?;
        self.mail.committed(&jobs).await;
        Ok(())
    }

    /// Removes ended sessions of an account from the cache, and tells every process that log-ins were ended.
    pub(in crate::domain) async fn forget(
        &self,
        account: UserId,
        ended: EndedSessions,
    ) -> Result<(), InfrastructureError> {
        if let Some(sessions) = &self.sessions {
            sessions.forget(ended).await;
        }
        if let Some(ended_log_ins) = &self.ended_log_ins {
            ended_log_ins.announce(account).await;
        }
        Ok(())
    }
}
