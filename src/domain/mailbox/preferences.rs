//! Who wants no reminders by mail. The letters still lie in the mailbox.

use std::{fmt, sync::Arc};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use sea_orm::{EntityTrait, QueryFilter, prelude::*};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    domain::{Actor, Result},
    model::{Refusal, UserId},
    store::{Database, Fault, entity::user},
};

/// Preferences about mail. Cheap to clone.
#[derive(Clone)]
pub struct Preferences {
    database: Database,
    keys: Arc<(EncodingKey, DecodingKey)>,
}

/// What the link in a reminder says. It holds for good: old mail is read late.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: UserId,
}

impl Preferences {
    /// Over a database; links are signed with a key derived from `secret`, so that they can't be
    /// taken for access tokens.
    #[must_use]
    pub fn new(database: Database, secret: &[u8]) -> Self {
        let key = Sha256::new()
            .chain_update(b"mini-compete: no reminders\n")
            .chain_update(secret)
            .finalize();
        Self {
            database,
            keys: Arc::new((
                EncodingKey::from_secret(&key),
                DecodingKey::from_secret(&key),
            )),
        }
    }

    /// The token of the link with which somebody turns reminders off without logging in.
    ///
    /// # Errors
    /// When signing fails, which would be our mistake.
    pub fn token(&self, user: UserId) -> Result<String, Fault> {
        let claims = Claims { sub: user };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.keys.0)
            .map_err(Fault::internal)
    }

    /// Turns reminders by mail off for whom such a link was made. Again is harmless.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if the token is not ours, or the account is gone.
    pub async fn unsubscribe(&self, token: &str) -> Result<()> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let user = jsonwebtoken::decode::<Claims>(token, &self.keys.1, &validation)
            .map_err(|_| Refusal::NotFound)?
            .claims
            .sub;
        self.set(user, false).await
    }

    /// Whether `actor` gets reminders by mail.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if the account is gone.
    pub async fn reminders(&self, actor: Actor) -> Result<bool> {
        let row = user::Entity::find_by_id(actor.id)
            .one(self.database.read())
            .await?;
        Ok(row.ok_or(Refusal::NotFound)?.reminders)
    }

    /// Turns reminders by mail on or off.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] if the account is gone.
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
            0 => Err(Refusal::NotFound.into()),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Preferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Preferences")
    }
}
