//! Whether an account receives reminders by mail. The mailbox shows them in any case.

use std::fmt;

use sea_orm::{EntityTrait, QueryFilter, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Actor, Result, signing::SigningKeys},
    model::{DomainError, Language, UserId},
    store::{Database, InfrastructureError, entity::user},
};

/// Reads and changes preferences about mail. Cheap to clone.
#[derive(Clone)]
pub struct Preferences {
    database: Database,
    keys: SigningKeys,
}

/// The purpose of the keys that sign the links. Links in old mail were signed for it: it never
/// changes.
const PURPOSE: &str = "mini-compete: no reminders\n";

/// The claims in the link of a reminder. They do not expire: old mail is read late.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    sub: UserId,
}

impl Preferences {
    /// Creates the service. Links are signed with keys derived from `keys`, so that they are no valid
    /// access tokens.
    #[must_use]
    pub fn new(database: Database, keys: &SigningKeys) -> Self {
        Self {
            database,
            keys: keys.for_purpose(PURPOSE),
        }
    }

    /// Returns the token of the link that turns reminders of `user` off without a log-in.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the token cannot be signed.
    pub fn token(&self, user: UserId) -> Result<String, InfrastructureError> {
        let claims = Claims { sub: user };
        self.keys.sign(&claims)
    }

    /// Turns reminders by mail off for the account in `token`. A repeat is harmless.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the token is invalid or the account does not exist.
    pub async fn unsubscribe(&self, token: &str) -> Result<()> {
        let claims: Claims = self.keys.verify(token).ok_or(DomainError::NotFound)?;
        self.set(claims.sub, false).await
    }

    /// Returns whether `actor` receives reminders by mail.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the account does not exist.
    pub async fn reminders(&self, actor: Actor) -> Result<bool> {
        let row = user::Entity::find_by_id(actor.id)
            .one(self.database.read())
            .await?;
        Ok(row.ok_or(DomainError::NotFound)?.reminders)
    }

    /// Turns reminders by mail on or off.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the account does not exist.
    pub async fn set_reminders(&self, actor: Actor, enabled: bool) -> Result<()> {
        self.set(actor.id, enabled).await
    }

    /// Sets the language of letters and pages.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if the account does not exist.
    pub async fn set_language(&self, actor: Actor, language: Language) -> Result<()> {
        let updated = user::Entity::update_many()
            .col_expr(user::Column::Language, Expr::value(language))
            .filter(user::Column::Id.eq(actor.id))
            .exec(self.database.write())
            .await?;
        match updated.rows_affected {
            0 => Err(DomainError::NotFound.into()),
            _ => Ok(()),
        }
    }

    async fn set(&self, user: UserId, enabled: bool) -> Result<()> {
        let updated = user::Entity::update_many()
            .col_expr(user::Column::Reminders, Expr::value(enabled))
            .filter(user::Column::Id.eq(user))
            .exec(self.database.write())
            .await?;
        match updated.rows_affected {
            0 => Err(DomainError::NotFound.into()),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Preferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Preferences")
    }
}
