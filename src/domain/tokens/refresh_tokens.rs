//! Refresh tokens: exchanged for a new one at each use, and revoked.
//!
//! A refresh token is stored as its SHA-256. All refresh tokens that come from one log-in form a
//! *family*. If one is used a second time, it was copied, and the whole family is revoked (RFC 9700,
//! section 4.14).
//!
//! Exchanges and revocations lock the account's row, so that no token is created unnoticed by a
//! revocation.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryFilter, prelude::*};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{MAX_TOKEN_LENGTH, Tokens};
use crate::{
    domain::{Error, Result},
    model::{DomainError, UserId},
    store::{auth_epoch, entity::refresh_token},
};

/// A log-in of an API client: all refresh tokens that come from it form a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogIn {
    /// The account that logged in.
    pub account: UserId,
    /// The family of its refresh tokens.
    pub family: Uuid,
    /// When the password was verified.
    pub authenticated_at: DateTime<Utc>,
    /// When the family expires, however often its tokens are exchanged.
    pub ends_at: DateTime<Utc>,
}

impl Tokens {
    /// Exchanges a refresh token. Returns its log-in and the token that replaces it.
    ///
    /// The caller reads the account (it may have been deleted, or have another role by now) and signs
    /// an access token with [`Tokens::pair_of`].
    ///
    /// # Errors
    /// Returns [`DomainError::Unauthenticated`] if the token is unknown, expired, revoked or was used
    /// before.
    pub async fn rotate(&self, refresh: &str) -> Result<(LogIn, String)> {
        let transaction = self.database.begin().await?;
        let Some(row) = find(&transaction, refresh).await? else {
            return Err(DomainError::Unauthenticated.into());
        };
        let now = self.clock.now();
        if row.rotated_at.is_some() {
            revoke_family(&transaction, row.family_id, now).await?;
            transaction.commit().await?;
            tracing::warn!(account.id = %row.user_id, "Revoked a token family of account {}: a refresh token was used twice", row.user_id);
            return Err(DomainError::Unauthenticated.into());
        }
        if row.revoked_at.is_some() || row.expires_at <= now {
            return Err(DomainError::Unauthenticated.into());
        }
        refresh_token::Entity::update_many()
            .col_expr(refresh_token::Column::RotatedAt, Expr::value(now))
            .filter(refresh_token::Column::Id.eq(row.id))
            .exec(&transaction)
            .await?;
        let log_in = LogIn {
            account: row.user_id,
            family: row.family_id,
            authenticated_at: row.authenticated_at.unwrap_or(row.created_at),
            ends_at: row.expires_at,
        };
        let (replacement, next) = self.new_refresh_token(log_in);
        refresh_token::Entity::insert(replacement)
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await?;
        Ok((log_in, next))
    }

    /// Revokes the token and its whole family. An unknown token is no error.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn revoke(&self, refresh: &str) -> Result<()> {
        let transaction = self.database.begin().await?;
        let row = find(&transaction, refresh).await?;
        if let Some(row) = &row {
            // Access tokens of the family are looked up from now on.
            auth_epoch::raise(&transaction, row.user_id).await?;
            revoke_family(&transaction, row.family_id, self.clock.now()).await?;
        }
        transaction.commit().await?;
        if let Some(row) = row {
            self.announce_end(row.user_id).await;
        }
        Ok(())
    }

    /// Revokes all refresh tokens of an account, for example after its password was changed, and has
    /// log-ins that were verified before refused.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn revoke_all(&self, user: UserId) -> Result<()> {
        let transaction = self.database.begin().await?;
        auth_epoch::raise(&transaction, user).await?;
        refresh_token::Entity::update_many()
            .col_expr(
                refresh_token::Column::RevokedAt,
                Expr::value(self.clock.now()),
            )
            .filter(refresh_token::Column::UserId.eq(user))
            .filter(refresh_token::Column::RevokedAt.is_null())
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        self.announce_end(user).await;
        Ok(())
    }

    /// Returns whether a token family has a token that can still be exchanged.
    pub(super) async fn is_live_family(&self, family: Uuid) -> Result<bool> {
        let live = refresh_token::Entity::find()
            .filter(refresh_token::Column::FamilyId.eq(family))
            .filter(refresh_token::Column::RotatedAt.is_null())
            .filter(refresh_token::Column::RevokedAt.is_null())
            .filter(refresh_token::Column::ExpiresAt.gt(self.clock.now()))
            .one(self.database.write())
            .await?;
        Ok(live.is_some())
    }

    /// Returns a new refresh token of a log-in and the row to insert for it.
    pub(super) fn new_refresh_token(&self, log_in: LogIn) -> (refresh_token::ActiveModel, String) {
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let row = refresh_token::ActiveModel {
            id: Set(Uuid::now_v7()),
            user_id: Set(log_in.account),
            family_id: Set(log_in.family),
            token_hash: Set(hash(&token)),
            created_at: Set(self.clock.now()),
            expires_at: Set(log_in.ends_at),
            rotated_at: Set(None),
            revoked_at: Set(None),
            authenticated_at: Set(Some(log_in.authenticated_at)),
        };
        (row, token)
    }
}

/// Locks the account of a refresh token and returns the token's row: exchanges and revocations take
/// turns, so that no token is created unnoticed by a revocation.
///
/// The row is found by the token's hash. The duration of an index lookup reveals nothing about a token
/// with that hash, so no constant-time comparison is needed.
async fn find(
    transaction: &impl ConnectionTrait,
    token: &str,
) -> Result<Option<refresh_token::Model>> {
    if token.len() > MAX_TOKEN_LENGTH {
        return Ok(None);
    }
    let by_hash =
        || refresh_token::Entity::find().filter(refresh_token::Column::TokenHash.eq(hash(token)));
    let Some(row) = by_hash().one(transaction).await.map_err(Error::from)? else {
        return Ok(None);
    };
    auth_epoch::lock(transaction, row.user_id).await?;
    // Read again under the lock: the token may have been revoked meanwhile.
    Ok(by_hash().one(transaction).await?)
}

async fn revoke_family(
    transaction: &impl ConnectionTrait,
    family: Uuid,
    now: DateTime<Utc>,
) -> Result<()> {
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::RevokedAt, Expr::value(now))
        .filter(refresh_token::Column::FamilyId.eq(family))
        .filter(refresh_token::Column::RevokedAt.is_null())
        .exec(transaction)
        .await?;
    Ok(())
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
