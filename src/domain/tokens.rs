//! The tokens that authenticate API clients: access tokens (JWT, HS256, valid for 15 minutes) and
//! refresh tokens (opaque, valid for 30 days, exchanged for a new one at each use).
//!
//! A refresh token is stored as its SHA-256. All refresh tokens that come from one log-in form a
//! *family*. If one is used a second time, it was copied, and the whole family is revoked (RFC 9700,
//! section 4.14).
//!
//! Exchanges and revocations lock the account's row, so that no token is created unnoticed by a
//! revocation. The first token of a family is inserted only while the account has the authentication
//! epoch that the log-in was verified with (see [`auth_epoch`]).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, prelude::*,
    sea_query::LockType,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Actor, Error, Result, accounts::VerifiedAccount, signing::SigningKeys};
use crate::{
    model::{DomainError, Role, UserId},
    ops::Clock,
    store::{
        Database, auth_epoch,
        entity::{refresh_token, user},
    },
};

/// How long an access token is valid, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// How long a refresh token is valid, in days.
const REFRESH_DAYS: i64 = 30;
/// How long after its expiry an access token is still accepted, in seconds: the clock of the process
/// that issued it may be slow. The time of issue (`iat`) is not compared with any clock, since all other
/// processes would refuse the tokens of a process whose clock is fast.
const LEEWAY_SECONDS: i64 = 5;
/// The maximum length of a token, in bytes; a longer text is refused unread.
const MAX_TOKEN_LENGTH: usize = 2048;

/// The claims of an access token (RFC 7519, section 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct AccessClaims {
    sub: UserId,
    role: Role,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

/// An access token and a refresh token that were just issued.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// The access token, a JWT.
    pub access: String,
    /// The opaque refresh token.
    pub refresh: String,
    /// How long the access token is valid, in seconds.
    pub expires_in: i64,
}

/// Issues, verifies, exchanges and revokes tokens. Cheap to clone.
#[derive(Clone)]
pub struct Tokens {
    database: Database,
    clock: Clock,
    keys: SigningKeys,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// Creates the token service. The settings make sure that `keys` have at least 32 bytes.
    #[must_use]
    pub fn new(database: Database, clock: Clock, keys: impl Into<SigningKeys>) -> Self {
        Self {
            database,
            clock,
            keys: keys.into(),
        }
    }

    /// Issues the first pair of a new family, for an account that has just logged in.
    ///
    /// # Errors
    /// Returns [`DomainError::InvalidCredentials`] if the account's password or role was changed or its
    /// tokens were revoked since the log-in was verified, and an infrastructure error if the database
    /// is unavailable.
    pub async fn issue(&self, verified: &VerifiedAccount) -> Result<TokenPair> {
        let actor = Actor::from(&verified.user);
        let (row, refresh) = self.refresh_token(actor.id, Uuid::now_v7());
        let (database, epoch) = (self.database.write(), verified.auth_epoch);
        if !auth_epoch::insert_if_current(database, row, actor.id, epoch).await? {
            return Err(DomainError::InvalidCredentials.into());
        }
        self.pair(actor, refresh)
    }

    /// Exchanges a refresh token. Returns its owner and the token that replaces it.
    ///
    /// The caller reads the account (it may have been deleted, or have another role by now) and signs
    /// an access token with [`Tokens::pair`].
    ///
    /// # Errors
    /// Returns [`DomainError::Unauthenticated`] if the token is unknown, expired, revoked or was used
    /// before.
    pub async fn rotate(&self, refresh: &str) -> Result<(UserId, String)> {
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
        let (replacement, next) = self.refresh_token(row.user_id, row.family_id);
        refresh_token::Entity::insert(replacement)
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await?;
        Ok((row.user_id, next))
    }

    /// Revokes the token and its whole family. An unknown token is no error.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn revoke(&self, refresh: &str) -> Result<()> {
        let transaction = self.database.begin().await?;
        if let Some(row) = find(&transaction, refresh).await? {
            revoke_family(&transaction, row.family_id, self.clock.now()).await?;
        }
        transaction.commit().await?;
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
        Ok(())
    }

    /// Signs an access token for `actor` and returns it together with a refresh token.
    ///
    /// # Errors
    /// Returns an infrastructure error if the claims can't be signed.
    pub fn pair(&self, actor: Actor, refresh: String) -> Result<TokenPair> {
        let now = self.clock.now().timestamp();
        let claims = AccessClaims {
            sub: actor.id,
            role: actor.role,
            iat: now,
            exp: now + ACCESS_SECONDS,
            jti: Uuid::new_v4(),
        };
        Ok(TokenPair {
            access: self.keys.sign(&claims)?,
            refresh,
            expires_in: ACCESS_SECONDS,
        })
    }

    /// Returns the account that an access token was issued to, with the role it had then.
    ///
    /// # Errors
    /// Returns [`DomainError::Unauthenticated`] if the token was not signed by this installation with
    /// HS256, lacks a claim or has expired.
    pub fn verify(&self, access: &str) -> Result<Actor, DomainError> {
        if access.len() > MAX_TOKEN_LENGTH {
            return Err(DomainError::Unauthenticated);
        }
        let claims: AccessClaims = self
            .keys
            .verify(access)
            .ok_or(DomainError::Unauthenticated)?;
        let now = self.clock.now().timestamp();
        if claims.exp.saturating_add(LEEWAY_SECONDS) <= now {
            return Err(DomainError::Unauthenticated);
        }
        Ok(Actor {
            id: claims.sub,
            role: claims.role,
            address: None,
        })
    }

    /// Returns a new refresh token and the row to insert for it.
    fn refresh_token(
        &self,
        user_id: UserId,
        family_id: Uuid,
    ) -> (refresh_token::ActiveModel, String) {
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let now = self.clock.now();
        let row = refresh_token::ActiveModel {
            id: Set(Uuid::now_v7()),
            user_id: Set(user_id),
            family_id: Set(family_id),
            token_hash: Set(hash(&token)),
            created_at: Set(now),
            expires_at: Set(now + TimeDelta::days(REFRESH_DAYS)),
            rotated_at: Set(None),
            revoked_at: Set(None),
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
    lock_account(transaction, row.user_id).await?;
    // Read again under the lock: the token may have been revoked meanwhile.
    Ok(by_hash().one(transaction).await?)
}

/// Locks an account whose tokens will change, until the transaction ends. Rows that merely refer to the
/// account, such as its registrations, can still be inserted meanwhile.
async fn lock_account(transaction: &impl ConnectionTrait, user: UserId) -> Result<()> {
    user::Entity::find_by_id(user)
        .select_only()
        .column(user::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple::<UserId>()
        .one(transaction)
        .await?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use migration::MigratorTrait;
    use sea_orm::ActiveModelTrait;

    use super::*;
    use crate::store::entity::user;

    const SECRET: &[u8] = b"a secret of at least 32 bytes, really";

    struct TokensFixture {
        tokens: Tokens,
        clock: Clock,
        actor: Actor,
        _folder: tempfile::TempDir,
    }

    async fn fixture() -> TokensFixture {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/t.db?mode=rwc", folder.path().display());
        let database = Database::connect(&url.parse().unwrap(), 1).await.unwrap();
        migration::Migrator::up(&database.for_migrations().await.unwrap(), None)
            .await
            .unwrap();
        let clock = Clock::manual("2030-01-01T00:00:00Z".parse().unwrap());
        let actor = Actor {
            id: UserId::new(),
            role: Role::Organizer,
            address: None,
        };
        user::ActiveModel {
            id: Set(actor.id),
            name: Set("Ada".to_owned()),
            email: Set("ada@example.org".to_owned()),
            password_hash: Set(String::new()),
            role: Set(actor.role),
            reminders: Set(true),
            auth_epoch: Set(0),
            created_at: Set(clock.now()),
            updated_at: Set(clock.now()),
        }
        .insert(database.write())
        .await
        .unwrap();
        TokensFixture {
            tokens: Tokens::new(database, clock.clone(), SECRET),
            clock,
            actor,
            _folder: folder,
        }
    }

    impl TokensFixture {
        /// Logs in: reads the account as it is now, and has tokens issued.
        async fn issue(&self) -> Result<TokenPair> {
            let row = user::Entity::find_by_id(self.actor.id);
            let row = row.one(self.tokens.database.read()).await?.unwrap();
            self.tokens.issue(&VerifiedAccount::from(row)).await
        }
    }

    fn refused<T>(result: Result<T>) -> bool {
        matches!(result, Err(Error::Domain(DomainError::Unauthenticated)))
    }

    #[tokio::test]
    async fn an_access_token_is_valid_for_fifteen_minutes() {
        let fixture = fixture().await;
        let pair = fixture.issue().await.unwrap();
        assert_eq!(fixture.tokens.verify(&pair.access), Ok(fixture.actor));
        fixture
            .clock
            .advance(TimeDelta::seconds(ACCESS_SECONDS - 1));
        assert_eq!(fixture.tokens.verify(&pair.access), Ok(fixture.actor));
        fixture
            .clock
            .advance(TimeDelta::seconds(1 + LEEWAY_SECONDS));
        assert!(fixture.tokens.verify(&pair.access).is_err());
    }

    #[tokio::test]
    async fn tokens_of_another_issuer_are_refused() {
        let fixture = fixture().await;
        let now = fixture.clock.now().timestamp();
        let whole = serde_json::json!({
            "sub": fixture.actor.id, "role": "ADMIN", "iat": now, "exp": now + 60, "jti": Uuid::new_v4(),
        });
        let sign = |algorithm, claims: &serde_json::Value, secret: &[u8]| {
            let key = EncodingKey::from_secret(secret);
            jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
        };
        let verify = |token: &str| fixture.tokens.verify(token);
        assert!(verify(&sign(Algorithm::HS256, &whole, SECRET)).is_ok());
        assert!(verify(&sign(Algorithm::HS512, &whole, SECRET)).is_err());
        assert!(verify(&sign(Algorithm::HS256, &whole, b"another secret")).is_err());
        for claim in ["sub", "role", "iat", "exp", "jti"] {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(claim);
            assert!(
                verify(&sign(Algorithm::HS256, &part, SECRET)).is_err(),
                "{claim}"
            );
        }
        let [header, body] = ["{\"alg\":\"none\",\"typ\":\"JWT\"}", &whole.to_string()]
            .map(|part| URL_SAFE_NO_PAD.encode(part));
        for token in [
            format!("{header}.{body}."),
            format!("{header}.{body}"),
            "x".repeat(9000),
        ] {
            assert!(verify(&token).is_err());
        }
    }

    #[tokio::test]
    async fn a_refresh_token_is_exchanged_once_and_a_second_use_revokes_its_family() {
        let fixture = fixture().await;
        let first = fixture.issue().await.unwrap().refresh;
        let (owner, second) = fixture.tokens.rotate(&first).await.unwrap();
        assert_eq!(owner, fixture.actor.id);
        let (_, third) = fixture.tokens.rotate(&second).await.unwrap();
        assert!(refused(fixture.tokens.rotate(&first).await));
        assert!(refused(fixture.tokens.rotate(&third).await));
        let other_login = fixture.issue().await.unwrap().refresh;
        assert!(fixture.tokens.rotate(&other_login).await.is_ok());
    }

    #[tokio::test]
    async fn of_two_concurrent_exchanges_one_fails() {
        let fixture = fixture().await;
        let token = fixture.issue().await.unwrap().refresh;
        let (one, two) = tokio::join!(fixture.tokens.rotate(&token), fixture.tokens.rotate(&token));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
    }

    #[tokio::test]
    async fn revoked_and_expired_tokens_are_refused() {
        let fixture = fixture().await;
        let token = fixture.issue().await.unwrap().refresh;
        fixture.tokens.revoke(&token).await.unwrap();
        assert!(refused(fixture.tokens.rotate(&token).await));
        let token = fixture.issue().await.unwrap().refresh;
        fixture.tokens.revoke_all(fixture.actor.id).await.unwrap();
        assert!(refused(fixture.tokens.rotate(&token).await));
        let token = fixture.issue().await.unwrap().refresh;
        fixture.clock.advance(TimeDelta::days(REFRESH_DAYS));
        assert!(refused(fixture.tokens.rotate(&token).await));
        assert!(refused(fixture.tokens.rotate("never issued").await));
        assert!(fixture.tokens.revoke("never issued").await.is_ok());
    }
}
