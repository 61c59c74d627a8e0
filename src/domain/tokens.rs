//! The tokens that authenticate API clients: access tokens (JWT, HS256, valid for 15 minutes) and
//! refresh tokens (opaque, valid for 30 days, exchanged for a new one at each use).
//!
//! This file issues both, and signs and verifies access tokens; [`refresh_tokens`] exchanges and revokes
//! refresh tokens. The first token of a family is inserted only while the account has the authentication
//! epoch that the log-in was verified with (see [`auth_epoch`]).

mod refresh_tokens;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Actor, Result,
    accounts::{VerifiedAccount, log_ins::lifetime},
    ended_log_ins::EndedLogIns,
    signing::SigningKeys,
};
use crate::{
    model::{DomainError, Role, UserId},
    ops::Clock,
    store::{Database, auth_epoch},
};
pub use refresh_tokens::LogIn;

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
    /// The token family (OpenID Connect Front-Channel Logout 1.0, section 3). Load tests sign tokens
    /// without this and the next two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    /// When the password was verified (OpenID Connect Core 1.0, section 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    /// The account's authentication epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<i64>,
    /// Whether the account's e-mail address is confirmed (OpenID Connect Core 1.0, section 5.1). It is left
    /// out while it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    email_verified: bool,
}

/// What an access token says about the log-in that led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogInClaims {
    /// The token family of the log-in.
    pub family: Uuid,
    /// The account's authentication epoch when the token was issued.
    pub epoch: i64,
}

/// An access token that this installation has signed and that has not expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessToken {
    /// The account that it was issued to, with the role it had then.
    pub actor: Actor,
    /// The log-in that led to it.
    pub log_in: Option<LogInClaims>,
    /// When the password was verified, if the token says so.
    pub authenticated_at: Option<DateTime<Utc>>,
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
    ended_log_ins: Option<EndedLogIns>,
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
            ended_log_ins: None,
        }
    }

    /// Returns the same service, which tells every process whose log-ins it ends.
    #[must_use]
    pub fn announcing(self, ended_log_ins: EndedLogIns) -> Self {
        Self {
            ended_log_ins: Some(ended_log_ins),
            ..self
        }
    }

    async fn announce_end(&self, account: UserId) {
        if let Some(ended) = &self.ended_log_ins {
            ended.announce(account).await;
        }
    }

    /// Returns whether the log-in of a token may have been ended a short while ago, so that it has to be looked up.
    #[must_use]
    pub fn may_be_ended(&self, token: &AccessToken) -> bool {
        let ended = self.ended_log_ins.as_ref();
        ended.is_some_and(|ended| ended.may_concern(token.actor.id))
    }

    /// Issues the first pair of a new family, for an account that has just logged in.
    ///
    /// # Errors
    /// Returns [`DomainError::InvalidCredentials`] if the account's password or role was changed or its
    /// tokens were revoked since the log-in was verified, and an infrastructure error if the database
    /// is unavailable.
    pub async fn issue(&self, verified: &VerifiedAccount) -> Result<TokenPair> {
        let now = self.clock.now();
        let log_in = LogIn {
            account: verified.user.id,
            family: Uuid::now_v7(),
            authenticated_at: now,
            ends_at: now + lifetime(verified.user.role),
        };
        let (row, refresh) = self.new_refresh_token(log_in);
        let (database, epoch) = (self.database.write(), verified.auth_epoch);
        if !auth_epoch::insert_if_current(database, row, log_in.account, epoch).await? {
            return Err(DomainError::InvalidCredentials.into());
        }
        self.pair_of(verified, log_in, refresh)
    }

    /// Signs an access token for an account as it is now, in a log-in of its own or one whose refresh token
    /// was exchanged, and returns it together with a refresh token.
    ///
    /// # Errors
    /// Returns [`DomainError::Unauthenticated`] if the log-in is older than [`lifetime`] allows for the role that
    /// the account has now, and an infrastructure error if the claims can't be signed.
    pub fn pair_of(
        &self,
        account: &VerifiedAccount,
        log_in: LogIn,
        refresh: String,
    ) -> Result<TokenPair> {
        if self.clock.now() - log_in.authenticated_at >= lifetime(account.user.role) {
            return Err(DomainError::Unauthenticated.into());
        }
        let claims = LogInClaims {
            family: log_in.family,
            epoch: account.auth_epoch,
        };
        let actor = Actor::from(&account.user);
        self.sign(actor, Some(claims), log_in.authenticated_at, refresh)
    }

    /// Signs an access token that belongs to no log-in, for load tests and tests.
    ///
    /// # Errors
    /// Returns an infrastructure error if the claims can't be signed.
    pub fn pair(&self, actor: Actor, refresh: String) -> Result<TokenPair> {
        self.sign(actor, None, self.clock.now(), refresh)
    }

    fn sign(
        &self,
        actor: Actor,
        log_in: Option<LogInClaims>,
        authenticated_at: DateTime<Utc>,
        refresh: String,
    ) -> Result<TokenPair> {
        let now = self.clock.now().timestamp();
        let claims = AccessClaims {
            sub: actor.id,
            role: actor.role,
            iat: now,
            exp: now + ACCESS_SECONDS,
            jti: Uuid::new_v4(),
            sid: log_in.map(|log_in| log_in.family),
            auth_time: Some(authenticated_at.timestamp()),
            epoch: log_in.map(|log_in| log_in.epoch),
            email_verified: actor.email_confirmed,
        };
        Ok(TokenPair {
            access: self.keys.sign(&claims)?,
            refresh,
            expires_in: ACCESS_SECONDS,
        })
    }

    /// Returns whether the log-in that led to an access token has not been ended. `auth_epoch` is the
    /// account's present one: only if it was raised since, the database is asked.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn is_live(&self, token: &AccessToken, auth_epoch: i64) -> Result<bool> {
        match token.log_in {
            Some(log_in) if log_in.epoch != auth_epoch => self.is_live_family(log_in.family).await,
            _ => Ok(true),
        }
    }

    /// Returns an access token's content.
    ///
    /// # Errors
    /// Returns [`DomainError::Unauthenticated`] if the token was not signed by this installation with
    /// HS256, lacks a claim or has expired.
    pub fn verify(&self, access: &str) -> Result<AccessToken, DomainError> {
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
        Ok(AccessToken {
            actor: Actor {
                email_confirmed: claims.email_verified,
                ..Actor::new(claims.sub, claims.role)
            },
            log_in: claims
                .sid
                .zip(claims.epoch)
                .map(|(family, epoch)| LogInClaims { family, epoch }),
            authenticated_at: claims
                .auth_time
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        })
    }
}

#[cfg(test)]
mod tests;
