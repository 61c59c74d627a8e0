//! New recovery codes for an account that keeps its second factor.

use super::{Change, locked, recovery_codes};
use crate::{
    domain::{Actor, Result, accounts::Accounts, audit::AuditEvent, mailbox::message_texts},
    model::{
        AuditAction, AuditOutcome, DomainError, RecoveryCodesView,
        forms::{ConfirmTotpForm, SecondFactorCode},
    },
};

const REPLACE: AuditAction = AuditAction::RecoveryCodesReplace;

impl Accounts {
    /// Creates new recovery codes for the actor; those from before are worth nothing from now on. Callers make sure
    /// that the log-in is recent.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::InvalidSecondFactor`] if the code is wrong or was used,
    /// [`DomainError::NotFound`] if the account has no second factor, or [`DomainError::TooManyRequests`].
    pub async fn replace_recovery_codes(
        &self,
        actor: Actor,
        form: &ConfirmTotpForm,
    ) -> Result<RecoveryCodesView> {
        let code = SecondFactorCode::Totp(form.parse()?);
        self.count_own_attempt(actor).await?;
        let transaction = self.database.begin().await?;
        let row = locked(&transaction, actor.id).await?;
        row.second_factor_at.ok_or(DomainError::NotFound)?;
        if !self.take_code(&transaction, actor.id, &code).await? {
            transaction.rollback().await?;
            let failed = AuditEvent::by(actor, REPLACE, AuditOutcome::Failed);
            self.guard.audit.note(failed.on(Some(actor.id))).await?;
            return Err(DomainError::InvalidSecondFactor.into());
        }
        let now = self.clock.now();
        let recovery_codes = recovery_codes::create(&transaction, actor.id, now).await?;
        let event = AuditEvent::by(actor, REPLACE, AuditOutcome::Done);
        let change = Change {
            account: actor.id,
            event: event.on(Some(actor.id)),
            text: message_texts::recovery_codes_replaced(row.reads(), &row.name),
        };
        self.finish(transaction, change).await?;
        self.take_back_own_attempt(actor).await;
        Ok(RecoveryCodesView { recovery_codes })
    }
}
