//! Asking for a code to log in with, whether or not the account exists.

use super::{Accounts, Origin, account_mail, mail_requests::Addressee};
use crate::{
    domain::{Result, rate_limits::RateLimit},
    jobs::outbox,
    model::{AccountTokenPurpose, forms::ForgotPasswordForm},
};

impl Accounts {
    /// Sends a code to log in with to the address, if an account has it. The result and the statements that
    /// are executed do not depend on that.
    ///
    /// # Errors
    /// Returns [`DomainError::Invalid`](crate::model::DomainError::Invalid), or
    /// [`DomainError::TooManyRequests`](crate::model::DomainError::TooManyRequests) if too many codes were asked
    /// for from the network.
    pub async fn send_log_in_code(&self, form: &ForgotPasswordForm, origin: &Origin) -> Result<()> {
        let email = form.parse()?;
        let addressee = self
            .addressee(&email, origin, RateLimit::CODES_OF_ADDRESS)
            .await?;
        let Some(Addressee { account }) = addressee else {
            return Ok(());
        };
        let job = account_mail::job(account, AccountTokenPurpose::LogInCode);
        let connection = self.database.write();
        outbox::write(connection, std::slice::from_ref(&job), self.clock.now()).await?;
        self.mail.committed(&[job]).await;
        Ok(())
    }
}
