//! Who wants no reminders by mail. The letters still lie in the mailbox.

use std::fmt;

use sea_orm::{EntityTrait, QueryFilter, prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Actor, Result, signing::SigningKeys},
    model::{DomainError, UserId},
    store::{Database, InfrastructureError, entity::user},
};

/// Preferences about mail. Cheap to clone.
#[derive(Clone)]
pub struct Preferences {
    database: Database,
    keys: SigningKeys,
}

/// What the keys of those links are for. Links in old mail were signed for it: it never changes.
const PURPOSE: &str = "mini-compete: no reminders\n";

/// What the link in a reminder says. It holds for good: old mail is read late.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    sub: UserId,
}

impl Preferences {
    /// Over a database; links are signed with keys derived from `keys`, so that they can't be taken
    /// for access tokens.
    #[must_use]
    pub fn new(database: Database, keys: &SigningKeys) -> Self {
        Self {
            database,
            keys: keys.for_purpose(PURPOSE),
        }
    }

    /// The token of the link with which somebody turns reminders off without logging in.
    ///
    /// # Errors
    /// When signing fails, which would be our mistake.
    pub fn token(&self, user: UserId) -> Result<String, InfrastructureError> {
        let claims = Claims { sub: user };
        self.keys.sign(&claims)
    }

    /// Turns reminders by mail off for whom such a link was made. Again is harmless.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] if the token is not ours, or the account is gone.
    pub async fn unsubscribe(&self, token: &str) -> Result<()> {
        let claims: Claims = self.keys.verify(token).ok_or(DomainError::NotFound)?;
        self.set(claims.sub, false).await
    }

    /// Whether `actor` gets reminders by mail.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] if the account is gone.
    pub async fn reminders(&self, actor: Actor) -> Result<bool> {
        let row = user::Entity::find_by_id(actor.id)
            .one(self.database.read())
            .await?;
        Ok(row.ok_or(DomainError::NotFound)?.reminders)
    }

    /// Turns reminders by mail on or off.
    ///
    /// # Errors
    /// [`DomainError::NotFound`] if the account is gone.
    pub async fn set_reminders(&self, actor: Actor, wanted: bool) -> Result<()> {
        self.set(actor.id, wanted).await
    }

    async fn set(&self, user: UserId, wanted: bool) -> Result<()> {
        let updated = user::Entity::update_many()
            .col_expr(user::Column::Reminders, Expr::value(wanted))
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
