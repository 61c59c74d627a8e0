//! Logging in with a code of six digits that is sent by mail, without the password.
//!
//! A million codes exist, so guessing is bounded in three ways: a code is valid for [`CODE_MINUTES`] minutes
//! and for [`MAX_ATTEMPTS`] attempts, an account has one code at a time, and wrong codes count as failed
//! log-ins to the account, on the device and from the network, like wrong passwords.
//!
//! Only an authentication code of the account's id and the digits is stored: whoever reads the table without
//! the installation's secret can't try all digits against it.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::{
    domain::purpose_key::PurposeKey,
    model::{AccountTokenPurpose, UserId},
    store::{
        Database, InfrastructureError, auth_epoch,
        entity::account_token::{ActiveModel, Column, Entity},
    },
};

/// How long a code is valid, in minutes.
pub const CODE_MINUTES: i64 = 10;
/// How often a code can be tried.
pub const MAX_ATTEMPTS: i64 = 5;
/// The number of digits of a code.
pub const DIGITS: usize = 6;
/// The number of different codes.
const CODES: u64 = 1_000_000;

const PURPOSE: AccountTokenPurpose = AccountTokenPurpose::LogInCode;

/// Creates a code for an account. It replaces the one before.
pub(super) async fn create<C: ConnectionTrait>(
    transaction: &C,
    key: &PurposeKey,
    account: UserId,
    email: &str,
    now: DateTime<Utc>,
) -> Result<String, InfrastructureError> {
    // Of 2^64 values, the remainder prefers none by more than one in ten billion.
    let number = rand::random::<u64>() % CODES;
    let mut code = String::with_capacity(DIGITS);
    // Writing to a String can't fail.
    let _infallible = write!(code, "{number:06}");
    Entity::delete_many()
        .filter(Column::UserId.eq(account))
        .filter(Column::Purpose.eq(PURPOSE))
        .exec(transaction)
        .await?;
    Entity::insert(ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(account),
        purpose: Set(PURPOSE),
        token_hash: Set(hex::encode(
            key.code(&[account.0.as_bytes(), code.as_bytes()]),
        )),
        email: Set(email.to_owned()),
        created_at: Set(now),
        expires_at: Set(now + TimeDelta::minutes(CODE_MINUTES)),
        attempts: Set(0),
    })
    .exec_without_returning(transaction)
    .await?;
    Ok(code)
}

/// What a right code is worth after it was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeUse {
    /// Nothing: it is used up.
    Final,
    /// It can be sent again, with the second factor; [`use_up`] ends that.
    UntilSecondStep,
}

/// Verifies a code: returns whether it was right. Counts the attempt, unless that uses the code up. Does the same
/// work for an account that does not exist.
pub(super) async fn take(
    database: &Database,
    key: &PurposeKey,
    (account, email): (Option<UserId>, &str),
    (code, code_use): (&str, CodeUse),
    now: DateTime<Utc>,
) -> Result<bool, InfrastructureError> {
    let account = account.unwrap_or(UserId(Uuid::nil()));
    let transaction = database.begin().await?;
    auth_epoch::lock(&transaction, account).await?;
    let row = Entity::find()
        .filter(Column::UserId.eq(account))
        .filter(Column::Purpose.eq(PURPOSE))
        // A code that was sent to an earlier address is worth nothing.
        .filter(Column::Email.eq(email))
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::Attempts.lt(MAX_ATTEMPTS))
        .one(&transaction)
        .await?;
    let id = row.as_ref().map_or(Uuid::nil(), |row| row.id);
    let stored = row.map(|row| row.token_hash).unwrap_or_default();
    let stored = hex::decode(stored).unwrap_or_default();
    // Compares in constant time.
    let right = key.verifies(&[account.0.as_bytes(), code.as_bytes()], &stored);
    if right && code_use == CodeUse::Final {
        Entity::delete_by_id(id).exec(&transaction).await?;
    } else {
        Entity::update_many()
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .filter(Column::Id.eq(id))
            .exec(&transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(right)
}

/// Uses up the code of an account after its second step. Returns whether it still had one.
pub(super) async fn use_up<C: ConnectionTrait>(
    connection: &C,
    account: UserId,
) -> Result<bool, InfrastructureError> {
    let deleted = Entity::delete_many()
        .filter(Column::UserId.eq(account))
        .filter(Column::Purpose.eq(PURPOSE))
        .exec(connection)
        .await?;
    Ok(deleted.rows_affected > 0)
}
