//! Asking for a code to log in with, whether or not the account exists.

use sea_orm::{EntityTrait, QueryFilter, QuerySelect};

use super::{Accounts, Origin, account_mail, by_email};
use crate::{
    domain::{Result, rate_limits::RateLimit},
    jobs::outbox,
    model::{AccountTokenPurpose, DomainError, UserId, forms::ForgotPasswordForm},
    store::entity::user,
};

impl Accounts {
    /// Sends a code to log in with to the address, if an account has it. The result and the statements that
    /// are executed do not depend on that.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`], or [`DomainError::TooManyRequests`] if too many codes were asked
    /// for from the network.
    pub async fn send_log_in_code(&self, form: &ForgotPasswordForm, origin: &Origin) -> Result<()> {
        let email = form.parse()?;
        let limits = &self.guard.limits;
        limits
            .count_network(RateLimit::RESETS_OF_NETWORK, origin.address)
            .await
            .map_err(DomainError::from)?;
        if !self.mail.is_configured() {
            return Ok(());
        }
        if limits
            .count(RateLimit::CODES_OF_ADDRESS, &email)
            .await
            .is_err()
        {
            return Ok(());
        }
        let account: Option<UserId> = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(by_email(&email))
            .into_tuple()
            .one(self.database.read())
            .await?;
        let job = account_mail::job(account, AccountTokenPurpose::LogInCode);
        let connection = self.database.write();
        outbox::write(connection, std::slice::from_ref(&job), self.clock.now()).await?;
        self.mail.committed(&[job]).await;
        Ok(())
    }
}
