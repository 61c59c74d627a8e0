//! The tokens that authenticate API clients: access tokens (JWT, HS256, valid for 15 minutes) and
//! refresh tokens (opaque, valid for 30 days, exchanged for a new one at each use).
//!
//! This file issues both, and signs and verifies access tokens; [`refresh_tokens`] exchanges and revokes
//! refresh tokens. The first token of a family is inserted only while the account has the authentication
//! epoch that the log-in was verified with (see [`auth_epoch`]).

mod refresh_tokens;

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Actor, Result, accounts::VerifiedAccount, signing::SigningKeys};
use crate::{
    model::{DomainError, Role, UserId},
    ops::Clock,
    store::{Database, auth_epoch},
};

/// How long an access token is valid, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;
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
        let (row, refresh) = self.new_refresh_token(actor.id, Uuid::now_v7());
        let (database, epoch) = (self.database.write(), verified.auth_epoch);
        if !auth_epoch::insert_if_current(database, row, actor.id, epoch).await? {
            return Err(DomainError::InvalidCredentials.into());
        }
        self.pair(actor, refresh)
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
}

#[cfg(test)]
mod tests;
