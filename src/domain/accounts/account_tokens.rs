//! Tokens that are sent by mail: random, stored as hashes, used once, and valid for a limited time.
//!
//! | purpose | valid for | used by |
//! | --- | --- | --- |
//! | `PASSWORD_RESET` | [`RESET_MINUTES`] | setting a new password |
//! | `EMAIL_CONFIRMATION` | [`CONFIRMATION_DAYS`] | confirming an e-mail address |
//!
//! Codes of six digits have rules of their own: see `log_in_codes`.
//!
//! An account has at most [`MAX_LIVE`] tokens of each purpose, the newest ones: a second mail does not make
//! the link in the first one invalid at once, and asking often fills no table. A token is used in a
//! transaction that locks the account's row first, so that of two uses at the same time one finds nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    model::{AccountTokenPurpose, UserId},
    store::{
        InfrastructureError,
        entity::account_token::{ActiveModel, Column, Entity, Model},
    },
};

/// How long a link to set a new password is valid, in minutes.
pub const RESET_MINUTES: i64 = 60;
/// How long a link to confirm an e-mail address is valid, in days.
pub const CONFIRMATION_DAYS: i64 = 3;
/// The largest number of tokens of one purpose that an account has.
const MAX_LIVE: u64 = 3;
/// The number of random bytes in a token.
const TOKEN_BYTES: usize = 32;
/// The maximum length of a token, in bytes; a longer text is refused unread.
const MAX_TOKEN_LENGTH: usize = 200;

/// Creates a token for an account and stores its hash. Only the returned text can be used.
pub(super) async fn create<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
    purpose: AccountTokenPurpose,
    email: &str,
    now: DateTime<Utc>,
) -> Result<String, InfrastructureError> {
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; TOKEN_BYTES]>());
    let lifetime = match purpose {
        AccountTokenPurpose::EmailConfirmation => TimeDelta::days(CONFIRMATION_DAYS),
        AccountTokenPurpose::PasswordReset | AccountTokenPurpose::LogInCode => {
            TimeDelta::minutes(RESET_MINUTES)
        }
    };
    let kept: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::UserId.eq(account))
        .filter(Column::Purpose.eq(purpose))
        .order_by_desc(Column::CreatedAt)
        .limit(MAX_LIVE - 1)
        .into_tuple()
        .all(transaction)
        .await?;
    Entity::delete_many()
        .filter(Column::UserId.eq(account))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::Id.is_not_in(kept))
        .exec(transaction)
        .await?;
    Entity::insert(ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(account),
        purpose: Set(purpose),
        token_hash: Set(hash(&token)),
        email: Set(email.to_owned()),
        created_at: Set(now),
        expires_at: Set(now + lifetime),
        attempts: Set(0),
    })
    .exec_without_returning(transaction)
    .await?;
    Ok(token)
}

/// Returns the row of a token that can be used at `now`, without using it.
///
/// The row is found by the token's hash. The duration of an index lookup reveals nothing about a token
/// with that hash, so no constant-time comparison is needed.
pub(super) async fn find<C: ConnectionTrait>(
    connection: &C,
    token: &str,
    purpose: AccountTokenPurpose,
    now: DateTime<Utc>,
) -> Result<Option<Model>, InfrastructureError> {
    if token.is_empty() || token.len() > MAX_TOKEN_LENGTH {
        return Ok(None);
    }
    Ok(Entity::find()
        .filter(Column::TokenHash.eq(hash(token)))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::ExpiresAt.gt(now))
        .one(connection)
        .await?)
}

/// Uses a token: deletes its row. Returns whether it was still there. The caller has locked the account.
pub(super) async fn take<C: ConnectionTrait>(
    transaction: &C,
    row: &Model,
) -> Result<bool, InfrastructureError> {
    let taken = Entity::delete_many()
        .filter(Column::Id.eq(row.id))
        .exec(transaction)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Withdraws the tokens of an account for one purpose.
pub(super) async fn withdraw<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
    purpose: AccountTokenPurpose,
) -> Result<(), InfrastructureError> {
    Entity::delete_many()
        .filter(Column::UserId.eq(account))
        .filter(Column::Purpose.eq(purpose))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Withdraws all tokens of an account, which were sent to an address that it has no more.
pub(super) async fn withdraw_all<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
) -> Result<(), InfrastructureError> {
    Entity::delete_many()
        .filter(Column::UserId.eq(account))
        .exec(transaction)
        .await?;
    Ok(())
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
