//! Requests for a mail to an address. They are answered alike whether or not an account has the address, and
//! execute the same statements.

use sea_orm::{EntityTrait, QueryFilter, QuerySelect};

use super::{Accounts, Origin, by_email};
use crate::{
    domain::{Result, rate_limits::RateLimit},
    model::{DomainError, UserId},
    store::entity::user,
};

/// Whom a mail was asked for.
pub(super) struct Addressee {
    /// The account that has the address, if there is one.
    pub account: Option<UserId>,
}

impl Accounts {
    /// Counts a request for a mail to an address, which must be in lower case. Returns `None` if none is
    /// sent: no SMTP server is configured, or `of_address` is exceeded. The latter is not reported: the owner
    /// has the mails that were sent already, and nobody else learns anything.
    ///
    /// # Errors
    /// Returns [`DomainError::TooManyRequests`] if too many were asked for from the network.
    pub(super) async fn addressee(
        &self,
        email: &str,
        origin: &Origin,
        of_address: RateLimit,
    ) -> Result<Option<Addressee>> {
        let limits = &self.guard.limits;
        limits
            .count_network(RateLimit::RESETS_OF_NETWORK, origin.address)
            .await
            .map_err(DomainError::from)?;
        if !self.mail.is_configured() || limits.count(of_address, email).await.is_err() {
            return Ok(None);
        }
        let account = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(by_email(email))
            .into_tuple()
            .one(self.database.read())
            .await?;
        Ok(Some(Addressee { account }))
    }
}
