//! The secrets with which requests to webhooks are signed: encrypted with a key that is derived from the installation's
//! secret, since they must be read again for each request.
//!
//! A webhook has one secret and, for a day after it was replaced, the former one: both sign, so that the receiver can
//! be changed in between. While the installation's secret is being replaced, the clean-up encrypts them again.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::encryption_keys::EncryptionKeys,
    model::WebhookId,
    store::{
        Database, InfrastructureError,
        entity::webhook::{Column, Entity, Model},
    },
};

/// Begins every secret, as the Standard Webhooks specification says.
const PREFIX: &str = "whsec_";
/// The number of random bytes of a secret; the specification allows 24 to 64.
const BYTES: usize = 32;
/// How many rows are read at once while they are encrypted again.
const AT_ONCE: u64 = 500;

/// A secret as its owner gets it.
pub(super) struct NewSecret(String);

/// Encrypts and decrypts these secrets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WebhookSecrets(EncryptionKeys);

impl NewSecret {
    /// Returns a random secret.
    pub(super) fn generate() -> Self {
        let bytes: [u8; BYTES] = rand::random();
        Self(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

impl WebhookSecrets {
    /// Creates the service with the keys of this purpose.
    #[must_use]
    pub const fn new(keys: EncryptionKeys) -> Self {
        Self(keys)
    }

    /// Returns the name of the key that encrypts.
    pub(super) fn key_name(&self) -> &str {
        self.0.name()
    }

    /// Encrypts a new secret of a webhook, and the former one with it.
    pub(super) fn seal(
        &self,
        webhook: WebhookId,
        secret: &NewSecret,
        former: Option<&str>,
    ) -> Result<String, InfrastructureError> {
        let texts: Vec<_> = std::iter::once(secret.0.as_str()).chain(former).collect();
        self.0.seal(&context(webhook), texts.join("\n").as_bytes())
    }

    /// Returns the secrets of a webhook that sign at `now`, the newest first; none if no key opens them.
    pub(super) fn signing(&self, row: &Model, now: DateTime<Utc>) -> Vec<Vec<u8>> {
        let both = row.previous_secret_until.is_some_and(|until| now < until);
        let texts = self.texts(row).into_iter().take(if both { 2 } else { 1 });
        let bytes = |text: String| STANDARD.decode(text.strip_prefix(PREFIX)?).ok();
        texts.filter_map(bytes).collect()
    }

    /// Returns the newest secret of a webhook.
    pub(super) fn newest(&self, row: &Model) -> Option<String> {
        self.texts(row).into_iter().next()
    }

    fn texts(&self, row: &Model) -> Vec<String> {
        let opened = self.0.open(&context(row.id), &row.secrets);
        let text = opened.and_then(|bytes| String::from_utf8(bytes).ok());
        text.iter()
            .flat_map(|text| text.split('\n'))
            .map(str::to_owned)
            .collect()
    }

    /// Encrypts the secrets of the previous key with the present one, until the shutdown signal `stop`. Returns the
    /// number of webhooks. Costs nothing while there is no previous key.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database is unavailable.
    pub async fn rewrite(
        &self,
        database: &Database,
        stop: &CancellationToken,
    ) -> Result<u64, InfrastructureError> {
        let (mut rewritten, mut after) = (0, None);
        while self.0.is_being_replaced() && !stop.is_cancelled() {
            let mut rows = Entity::find()
                .filter(Column::KeyName.ne(self.0.name()))
                .order_by_asc(Column::Id)
                .limit(AT_ONCE);
            if let Some(after) = after {
                rows = rows.filter(Column::Id.gt(after));
            }
            let rows = rows.all(database.write()).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            for row in rows {
                let Some(content) = self.0.open(&context(row.id), &row.secrets) else {
                    continue;
                };
                let sealed = self.0.seal(&context(row.id), &content)?;
                let updated = Entity::update_many()
                    .col_expr(Column::Secrets, Expr::value(sealed))
                    .col_expr(Column::KeyName, Expr::value(self.0.name()))
                    .filter(Column::Id.eq(row.id))
                    // Its owner may have replaced the secret meanwhile.
                    .filter(Column::Secrets.eq(row.secrets))
                    .exec(database.write())
                    .await?;
                rewritten += updated.rows_affected;
            }
        }
        Ok(rewritten)
    }
}

fn context(webhook: WebhookId) -> Vec<u8> {
    [b"webhook\n".as_slice(), webhook.0.as_bytes()].concat()
}
