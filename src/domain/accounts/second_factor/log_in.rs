//! The two steps of a log-in to an account with a second factor.
//!
//! | client | first step | second step |
//! | --- | --- | --- |
//! | API | the password or the code from a mail: [`DomainError::SecondFactorRequired`] | the same request, with the second factor |
//! | browser | the same: a [`PendingLogIn`], which the browser keeps for a few minutes | the second factor alone |
//!
//! Only who has passed the first step can fail in the second. So strangers can't use up its limits, and its owner
//! has limits of their own on a known device. A device becomes known after the second step.

use serde_json::json;

use super::message;
use crate::{
    domain::{
        Result,
        accounts::{
            Accounts, Origin, VerifiedAccount,
            log_in_attempt::{AttemptKind, LogInAttempt},
            pending_log_in::PendingLogIn,
        },
        audit::AuditEvent,
        mailbox::message_texts,
    },
    model::{
        AuditAction, AuditOutcome, DomainError,
        forms::{SecondFactorCode, SecondStepForm},
    },
    store::{InfrastructureError, entity::user},
};

impl Accounts {
    /// Does the second step of a log-in on the pages.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], [`DomainError::InvalidSecondFactor`] if the code is wrong or was used,
    /// [`DomainError::Unauthenticated`] if the log-in has to begin again, [`DomainError::AccountDisabled`], or
    /// [`DomainError::TooManyRequests`].
    pub async fn finish_log_in(
        &self,
        pending: PendingLogIn,
        form: &SecondStepForm,
        origin: &Origin,
    ) -> Result<VerifiedAccount> {
        let code = form.parse()?;
        let (accounts, origin) = (self.clone(), origin.clone());
        // In its own task, for the same reason as the first step.
        let step = tokio::spawn(async move { accounts.second_step(pending, &code, &origin).await });
        step.await.map_err(InfrastructureError::internal)?
    }

    async fn second_step(
        &self,
        pending: PendingLogIn,
        code: &SecondFactorCode,
        origin: &Origin,
    ) -> Result<VerifiedAccount> {
        let valid = pending.is_valid_at(self.clock.now());
        let row = self.row(pending.account()).await?;
        let row = row.filter(|row| valid && pending.is_of(row) && row.second_factor_at.is_some());
        let row = row.ok_or(DomainError::Unauthenticated)?;
        if row.disabled_at.is_some() {
            return Err(DomainError::AccountDisabled.into());
        }
        self.prove_second_factor(&row, code, origin).await?;
        self.logged_in(row, origin).await
    }

    /// Counts an attempt, and uses the code if it is right.
    pub(in crate::domain::accounts) async fn prove_second_factor(
        &self,
        row: &user::Model,
        code: &SecondFactorCode,
        origin: &Origin,
    ) -> Result<()> {
        let limits = &self.guard.limits;
        let attempt = LogInAttempt::new(
            AttemptKind::SecondFactor,
            &row.email,
            Some(row),
            origin,
            &self.guard,
        );
        let audit = &self.guard.audit;
        let event = |outcome| {
            AuditEvent::from(origin.address, AuditAction::LogIn, outcome)
                .on(Some(row.id))
                .with(json!({ "step": "second factor" }))
        };
        if let Err(exceeded) = attempt.count(limits).await {
            if exceeded.first {
                audit.or_log(audit.note(event(AuditOutcome::Refused)).await);
            }
            return Err(DomainError::from(exceeded).into());
        }
        let taken = match code {
            SecondFactorCode::Totp(_) => self.take_code(self.database.write(), row.id, code).await,
            SecondFactorCode::Recovery(_) => self.take_recovery_code(row, code).await,
        };
        if let Ok(false) = taken {
            audit.or_log(audit.note(event(AuditOutcome::Failed)).await);
            return Err(DomainError::InvalidSecondFactor.into());
        }
        attempt.take_back(limits).await;
        taken.map(|_| ())
    }

    /// Uses a recovery code, and tells the owner how many are left.
    async fn take_recovery_code(&self, row: &user::Model, code: &SecondFactorCode) -> Result<bool> {
        let transaction = self.database.begin().await?;
        if !self.take_code(&transaction, row.id, code).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        let language = row.reads();
        let left = super::recovery_codes::count(&transaction, row.id).await?;
        let text = message_texts::recovery_code_used(language, &row.name, left);
        let jobs = self
            .write_message(&transaction, message(row.id, text))
            .await?;
        transaction.commit().await?;
        self.mail.committed(&jobs).await;
        Ok(true)
    }
}
