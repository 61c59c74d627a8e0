//! Confirming an e-mail address, and changing it.
//!
//! An account that signs up has an address that is not confirmed. A mail with a link is sent to it; it gets
//! no other mail, and with an SMTP server the account can't register, until the link was opened and the
//! button on its page was pressed. A new address is kept beside the present one until it is confirmed.

use sea_orm::{ActiveModelTrait, IntoActiveModel, Set};

use super::{Accounts, Origin, account_mail, account_tokens, email_taken};
use crate::{
    domain::{Actor, Result, audit::AuditEvent, rate_limits::RateLimit},
    jobs::outbox,
    model::{
        AccountTokenPurpose, AuditAction, AuditOutcome, DomainError, UserId, forms::ChangeEmailForm,
    },
    store::{audit, auth_epoch, entity::user},
};

const CONFIRMATION: AccountTokenPurpose = AccountTokenPurpose::EmailConfirmation;

/// What is known about the e-mail address of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressState {
    /// The address that replaces the present one once it is confirmed.
    pub pending: Option<String>,
}

impl Accounts {
    /// Returns whether mail can be sent, so that people can confirm addresses and recover passwords.
    #[must_use]
    pub fn sends_mail(&self) -> bool {
        self.mail.is_configured()
    }

    /// Returns what is known about the address of an account.
    ///
    /// # Errors
    /// Returns [`DomainError::Unauthenticated`] if the account does not exist any more.
    pub async fn address_state(&self, id: UserId) -> Result<AddressState> {
        let row = self.row(id).await?;
        let row = row.ok_or(DomainError::Unauthenticated)?;
        Ok(AddressState {
            pending: row.pending_email,
        })
    }

    /// Returns whether a token could be used to confirm an address. It stays valid.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn is_confirmation_token(&self, token: &str) -> Result<bool> {
        let now = self.clock.now();
        let found = account_tokens::find(self.database.read(), token, CONFIRMATION, now);
        Ok(found.await?.is_some())
    }

    /// Confirms the address that a token was sent to. If it is the one that replaces the present address,
    /// the account has it from now on, and links that were sent to the old one stop working.
    ///
    /// # Errors
    /// Returns [`DomainError::TokenInvalid`] if the token is unknown, was used, has expired, or belongs to
    /// an address that the account wants no more, and [`DomainError::EmailTaken`] if another account has
    /// the address by now.
    pub async fn confirm_email(&self, token: &str, origin: &Origin) -> Result<()> {
        let now = self.clock.now();
        let token = account_tokens::find(self.database.read(), token, CONFIRMATION, now)
            .await?
            .ok_or(DomainError::TokenInvalid)?;
        let transaction = self.database.begin().await?;
        auth_epoch::lock(&transaction, token.user_id).await?;
        let row = user_row(&transaction, token.user_id).await?;
        let taken = account_tokens::take(&transaction, &token).await?;
        let row = row.filter(|_| taken).ok_or(DomainError::TokenInvalid)?;
        let replaces = row.pending_email.as_ref() == Some(&token.email);
        if !replaces && row.email != token.email {
            return Err(DomainError::TokenInvalid.into());
        }
        let action = if replaces {
            AuditAction::EmailChange
        } else {
            AuditAction::EmailConfirm
        };
        let event = AuditEvent::from(origin.address, action, AuditOutcome::Done);
        let event = event.acting_as(Some(row.id)).on(Some(row.id));
        let record = self.guard.audit.record(event);
        let id = row.id;
        let mut row = row.into_active_model();
        row.email_confirmed = Set(true);
        row.updated_at = Set(now);
        if replaces {
            row.email = Set(token.email);
            row.pending_email = Set(None);
            account_tokens::withdraw_all(&transaction, id).await?;
        }
        row.update(&transaction).await.map_err(email_taken)?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(())
    }

    /// Sends the link that confirms the actor's address, or the one that is to replace it, once more.
    /// Does nothing if no address waits for its confirmation.
    ///
    /// # Errors
    /// Returns [`DomainError::TooManyRequests`] if it was sent too often within an hour.
    pub async fn send_confirmation(&self, actor: Actor) -> Result<()> {
        let row = self.row(actor.id).await?;
        let row = row.ok_or(DomainError::Unauthenticated)?;
        let is_waiting = row.pending_email.is_some() || !row.email_confirmed;
        if !is_waiting || !self.mail.is_configured() {
            return Ok(());
        }
        let account = actor.id.to_string();
        let counted = self.guard.limits.count(RateLimit::CONFIRMATIONS, &account);
        counted.await.map_err(DomainError::from)?;
        let job = account_mail::job(Some(actor.id), CONFIRMATION);
        let connection = self.database.write();
        outbox::write(connection, std::slice::from_ref(&job), self.clock.now()).await?;
        self.mail.committed(&[job]).await;
        Ok(())
    }

    /// Changes the actor's address. With an SMTP server the account keeps its present address until the
    /// new one is confirmed, and the present one is told; otherwise the change is made at once.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::InvalidCredentials`] if the password is wrong,
    /// [`DomainError::EmailTaken`], or [`DomainError::TooManyRequests`].
    pub async fn change_email(
        &self,
        actor: Actor,
        form: &ChangeEmailForm,
        origin: &Origin,
    ) -> Result<()> {
        let (email, password) = form.parse()?;
        let row = self
            .prove_password(actor, password, AuditAction::EmailChange, origin)
            .await?;
        self.replace_email(actor, row, email).await.map(|_| ())
    }

    /// Makes `email` the address that replaces the present one, or the present one at once if no mail can
    /// be sent. Returns the account as it is then.
    pub(super) async fn replace_email(
        &self,
        actor: Actor,
        row: user::Model,
        email: String,
    ) -> Result<user::Model> {
        let unchanged = email == row.email;
        if unchanged && row.pending_email.is_none() {
            return Ok(row);
        }
        let account = actor.id.to_string();
        let counted = self.guard.limits.count(RateLimit::EMAIL_CHANGES, &account);
        counted.await.map_err(DomainError::from)?;
        let other = self.by_email(&email).await?;
        if other.is_some_and(|other| other.id != row.id) {
            return Err(DomainError::EmailTaken.into());
        }
        let waits = self.mail.is_configured() && !unchanged;
        let event = AuditEvent::by(actor, AuditAction::EmailChange, AuditOutcome::Done);
        let event = event.on(Some(actor.id));
        let event = match waits {
            true => event.with(serde_json::json!({ "waitsForConfirmation": true })),
            false => event,
        };
        let record = self.guard.audit.record(event);
        let now = self.clock.now();
        let mut row = row.into_active_model();
        row.updated_at = Set(now);
        let mut jobs = Vec::new();
        if waits {
            row.pending_email = Set(Some(email));
            jobs.push(account_mail::job(Some(actor.id), CONFIRMATION));
        } else {
            row.pending_email = Set(None);
            if !unchanged {
                row.email = Set(email);
                row.email_confirmed = Set(false);
            }
        }
        let transaction = self.database.begin().await?;
        auth_epoch::lock(&transaction, actor.id).await?;
        if waits || unchanged {
            // Links to set a new password stay valid, since the address does: whoever knows the password can't
            // keep the owner from setting another one.
            account_tokens::withdraw(&transaction, actor.id, CONFIRMATION).await?;
        } else {
            account_tokens::withdraw_all(&transaction, actor.id).await?;
        }
        let row = row.update(&transaction).await.map_err(email_taken)?;
        outbox::write(&transaction, &jobs, now).await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        self.mail.committed(&jobs).await;
        Ok(row)
    }
}

/// Reads the account in a transaction that has locked it.
async fn user_row<C: sea_orm::ConnectionTrait>(
    transaction: &C,
    id: UserId,
) -> Result<Option<user::Model>> {
    use sea_orm::EntityTrait;
    Ok(user::Entity::find_by_id(id).one(transaction).await?)
}
