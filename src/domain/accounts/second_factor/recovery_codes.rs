//! Recovery codes, for people who have lost their authenticator app: each logs in once.
//!
//! A code has 80 random bits, so its hash needs no key: nobody can try all codes against it. Recovery codes
//! therefore stay valid when the installation's secret is replaced or lost.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    model::{
        UserId,
        forms::{RECOVERY_ALPHABET, RECOVERY_CODE_LENGTH},
    },
    store::{
        InfrastructureError,
        entity::recovery_code::{ActiveModel, Column, Entity},
    },
};

/// The number of codes that an account gets.
pub const RECOVERY_CODES: usize = 10;

/// Creates the codes of an account; those from before are worth nothing. Returns them with hyphens.
pub(super) async fn create<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<String>, InfrastructureError> {
    delete_all(transaction, account).await?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| random()).collect();
    let rows = codes.iter().map(|code| ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(account),
        code_hash: Set(hash(account, code)),
        created_at: Set(now),
    });
    Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await?;
    Ok(codes.iter().map(|code| with_hyphens(code)).collect())
}

/// Uses a code, which is in lower case and has no hyphens. Returns whether the account had it; of two uses at the
/// same time, one returns `false`.
pub(super) async fn take<C: ConnectionTrait>(
    connection: &C,
    account: UserId,
    code: &str,
) -> Result<bool, InfrastructureError> {
    let deleted = Entity::delete_many()
        .filter(Column::UserId.eq(account))
        .filter(Column::CodeHash.eq(hash(account, code)))
        .exec(connection)
        .await?;
    Ok(deleted.rows_affected > 0)
}

/// Returns the number of codes that were not used.
pub(super) async fn count<C: ConnectionTrait>(
    connection: &C,
    account: UserId,
) -> Result<u64, InfrastructureError> {
    Ok(Entity::find()
        .filter(Column::UserId.eq(account))
        .count(connection)
        .await?)
}

/// Deletes all codes of an account.
pub(super) async fn delete_all<C: ConnectionTrait>(
    transaction: &C,
    account: UserId,
) -> Result<(), InfrastructureError> {
    Entity::delete_many()
        .filter(Column::UserId.eq(account))
        .exec(transaction)
        .await?;
    Ok(())
}

fn random() -> String {
    let bytes: [u8; RECOVERY_CODE_LENGTH] = rand::random();
    // 256 is a multiple of 32, so every character is as likely as any other.
    let letter = |byte: u8| RECOVERY_ALPHABET.get(usize::from(byte % 32));
    bytes
        .into_iter()
        .filter_map(letter)
        .copied()
        .map(char::from)
        .collect()
}

fn with_hyphens(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    let groups = letters.chunks(4).map(String::from_iter);
    groups.collect::<Vec<_>>().join("-")
}

fn hash(account: UserId, code: &str) -> String {
    let digest = Sha256::new()
        .chain_update(account.0.as_bytes())
        .chain_update(code);
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::forms::SecondFactorCode;

    #[test]
    fn a_code_is_read_back_as_it_was_written_down() {
        for _ in 0..100 {
            let code = random();
            let written = with_hyphens(&code);
            assert_eq!(written.len(), RECOVERY_CODE_LENGTH + 3);
            let read = SecondFactorCode::parse(&written.to_uppercase());
            assert!(read == Ok(SecondFactorCode::Recovery(code)), "{written}");
        }
    }

    #[test]
    fn the_hash_depends_on_the_account() {
        let code = random();
        assert_ne!(hash(UserId::new(), &code), hash(UserId::new(), &code));
    }
}
