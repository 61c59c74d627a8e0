//! The secrets that accounts share with their authenticator apps: encrypted with a key that is derived from the
//! installation's secret.
//!
//! While that secret is being replaced, the clean-up encrypts them again with the new key, so that the previous
//! one is needed for an hour at most. A secret that no key opens is worth nothing: the log-in needs a recovery
//! code then, or an operator removes the second factor.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::encryption_keys::EncryptionKeys,
    model::UserId,
    store::{
        Database, InfrastructureError,
        entity::second_factor::{ActiveModel, Column, Entity, Model},
    },
};

/// The number of random bytes of a secret: as many as RFC 4226, section 4 recommends.
const SECRET_BYTES: usize = 20;
/// How many secrets are read at once while they are encrypted again.
const AT_ONCE: u64 = 500;

/// Encrypts and decrypts these secrets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TotpSecrets(EncryptionKeys);

impl TotpSecrets {
    /// Creates the service with the keys of this purpose.
    #[must_use]
    pub fn new(keys: EncryptionKeys) -> Self {
        Self(keys)
    }

    /// Creates a secret for an account, which replaces the one before.
    pub(super) async fn create<C: ConnectionTrait>(
        &self,
        transaction: &C,
        account: UserId,
        now: DateTime<Utc>,
    ) -> Result<[u8; SECRET_BYTES], InfrastructureError> {
        let secret: [u8; SECRET_BYTES] = rand::random();
        let row = ActiveModel {
            user_id: Set(account),
            secret: Set(self.0.seal(account.0.as_bytes(), &secret)?),
            key_name: Set(self.0.name().to_owned()),
            last_step: Set(0),
            created_at: Set(now),
        };
        let replaced = [
            Column::Secret,
            Column::KeyName,
            Column::LastStep,
            Column::CreatedAt,
        ];
        Entity::insert(row)
            .on_conflict(
                OnConflict::column(Column::UserId)
                    .update_columns(replaced)
                    .to_owned(),
            )
            .exec_without_returning(transaction)
            .await?;
        Ok(secret)
    }

    /// Returns the secret of an account; `None` if there is none, or if no key opens it.
    pub(super) async fn read<C: ConnectionTrait>(
        &self,
        connection: &C,
        account: UserId,
    ) -> Result<Option<Vec<u8>>, InfrastructureError> {
        let row = Entity::find_by_id(account).one(connection).await?;
        Ok(row.and_then(|row| self.open(&row)))
    }

    /// Notes that a code of a time step was used. Returns `false` if a code of that step or a later one was used
    /// before, also by another process at the same time.
    pub(super) async fn take_step<C: ConnectionTrait>(
        connection: &C,
        account: UserId,
        step: i64,
    ) -> Result<bool, InfrastructureError> {
        let taken = Entity::update_many()
            .col_expr(Column::LastStep, Expr::value(step))
            .filter(Column::UserId.eq(account))
            .filter(Column::LastStep.lt(step))
            .exec(connection)
            .await?;
        Ok(taken.rows_affected > 0)
    }

    /// Encrypts the secrets of the previous key with the present one, until the shutdown signal `stop`. Returns
    /// their number. Costs nothing while there is no previous key.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub async fn rewrite(
        &self,
        database: &Database,
        stop: &CancellationToken,
    ) -> Result<u64, InfrastructureError> {
        let mut rewritten = 0;
        let mut after = None;
        while self.0.is_being_replaced() && !stop.is_cancelled() {
            let mut rows = Entity::find()
                .filter(Column::KeyName.ne(self.0.name()))
                .order_by_asc(Column::UserId)
                .limit(AT_ONCE);
            if let Some(after) = after {
                rows = rows.filter(Column::UserId.gt(after));
            }
            let rows = rows.all(database.write()).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.user_id);
            for row in rows {
                let Some(secret) = self.open(&row) else {
                    continue;
                };
                let sealed = self.0.seal(row.user_id.0.as_bytes(), &secret)?;
                let updated = Entity::update_many()
                    .col_expr(Column::Secret, Expr::value(sealed))
                    .col_expr(Column::KeyName, Expr::value(self.0.name()))
                    .filter(Column::UserId.eq(row.user_id))
                    // Its owner may have set up another one meanwhile.
                    .filter(Column::Secret.eq(row.secret))
                    .exec(database.write())
                    .await?;
                rewritten += updated.rows_affected;
            }
        }
        Ok(rewritten)
    }

    /// Encrypts recovery codes for their account.
    pub(super) fn seal_codes(
        &self,
        account: UserId,
        codes: &[String],
    ) -> Result<String, InfrastructureError> {
        let text = codes.join("\n");
        self.0.seal(&codes_of(account), text.as_bytes())
    }

    /// Returns the recovery codes that were encrypted for the account; `None` for any other text.
    pub(super) fn open_codes(&self, account: UserId, sealed: &str) -> Option<Vec<String>> {
        let text = self.0.open(&codes_of(account), sealed)?;
        let text = String::from_utf8(text).ok()?;
        Some(text.split('\n').map(str::to_owned).collect())
    }

    fn open(&self, row: &Model) -> Option<Vec<u8>> {
        self.0.open(row.user_id.0.as_bytes(), &row.secret)
    }
}

/// Returns the context of an account's recovery codes, which differs from the one of its secret.
fn codes_of(account: UserId) -> Vec<u8> {
    [b"recovery codes\n".as_slice(), account.0.as_bytes()].concat()
}

/// How the service of accounts treats second factors. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SecondFactors {
    /// Reads and writes the secrets.
    pub secrets: TotpSecrets,
    /// Whether administrators have to set one up before they see any page.
    pub required_of_admins: bool,
}

impl Default for SecondFactors {
    /// Returns the value for the command line, which reads no secret.
    fn default() -> Self {
        Self {
            secrets: TotpSecrets::new(EncryptionKeys::random()),
            required_of_admins: false,
        }
    }
}
