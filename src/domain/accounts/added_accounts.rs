//! Accounts of people whom an organizer adds by their e-mail address. They have no password.

use sea_orm::{EntityTrait, QueryFilter, QuerySelect};

use super::{Accounts, InitialAccount, Initiator, NewRow, by_email};
use crate::{
    domain::{Actor, Error, Result},
    model::{DomainError, Role, UserId, forms::NewParticipant},
    store::entity::user,
};

/// The hash of an account without a password: no password belongs to it.
const NO_PASSWORD: &str = "!";

impl Accounts {
    /// Returns the account with an e-mail address, which must be in lower case.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub(in crate::domain) async fn with_address(&self, email: &str) -> Result<Option<UserId>> {
        Ok(user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(by_email(email))
            .into_tuple()
            .one(self.database.write())
            .await?)
    }

    /// Creates an account without a password, or returns the one that was created meanwhile. Its address is not
    /// confirmed, and its letters are in the language of the organizer until its owner chooses another one.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub(in crate::domain) async fn create_for(
        &self,
        actor: Actor,
        participant: &NewParticipant,
    ) -> Result<UserId> {
        let row = NewRow {
            name: participant.name.clone(),
            email: participant.email.clone(),
            password_hash: NO_PASSWORD.to_owned(),
        };
        let new = InitialAccount {
            role: Role::Participant,
            email_confirmed: false,
            language: Some(actor.language),
        };
        match self.insert_row(row, new, Initiator::Admin(actor)).await {
            Ok(row) => Ok(row.id),
            Err(Error::Domain(DomainError::EmailTaken)) => {
                let found = self.with_address(&participant.email).await?;
                Ok(found.ok_or(DomainError::Overloaded { retry_after: 1 })?)
            }
            Err(error) => Err(error),
        }
    }
}
