//! Extracts the account that sends a request: from a bearer token (RFC 6750), or from a browser's
//! session. A bearer token is an access token or an API key.

use axum::{
    extract::{FromRef, FromRequestParts, OptionalFromRequestParts},
    http::{HeaderMap, header, request::Parts},
};

use chrono::{DateTime, Utc};

use super::{
    error::{ApiError, ApiResult},
    key_scopes,
    state::ApiState,
};
use crate::{
    domain::{
        Actor, ClientAddress, Viewer,
        accounts::log_ins,
        api_keys::{VerifiedApiKey, is_api_key},
        tokens::AccessToken,
    },
    model::{DomainError, Language, UserView},
    store::{sessions::account as sessions, sign_out::KeptLogIn},
};

/// The account that the bearer token of this request names. The layer that verified the token puts it
/// into the request's extensions, so that a token is verified once.
#[derive(Debug, Clone, Copy)]
pub struct VerifiedToken(pub AccessToken);

/// The API key that this request was sent with; `None` if it is not valid. The layer that looked it up puts it into the
/// request's extensions, so that it is looked up once.
#[derive(Debug, Clone)]
pub struct VerifiedKey(pub Option<VerifiedApiKey>);

/// The authenticated account that sends the request, without a look-up in the database. Its role is the
/// one with which the token was issued, so this is for functions to which only the id matters
/// (registering). An access token whose log-in was ended is refused as soon as this process is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller(pub Actor);

/// The authenticated account that sends the request, as it is in the database: a role that was taken
/// away has no effect any more, and neither has a log-in that was ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerAccount {
    /// The account as it is now.
    pub user: UserView,
    address: Option<ClientAddress>,
    language: Language,
    /// The log-in that the request proves its account with.
    pub log_in: KeptLogIn,
    /// When the password was last verified in that log-in, if that is known.
    pub authenticated_at: Option<DateTime<Utc>>,
}

impl CallerAccount {
    /// Returns the account as the domain's actor, with the client's address and the language of the request.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::from(&self.user)
            .at(self.address)
            .reading(self.language)
    }

    /// Checks that the password was verified within the last minutes, as dangerous actions require.
    ///
    /// # Errors
    /// Returns [`DomainError::RecentLoginRequired`] if it was not.
    pub fn must_be_recent(&self, now: DateTime<Utc>) -> Result<(), DomainError> {
        log_ins::must_be_recent(self.authenticated_at, now)
    }
}

/// Returns the token of an `Authorization: Bearer` header; `None` if there is no such header.
#[must_use]
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_matches(' '))
}

/// Returns the proof of identity that the request carries. A request with a token is judged by the
/// token only, and its session is ignored.
async fn identify(parts: &Parts, api: &ApiState) -> ApiResult<Option<Proof>> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        if let Some(VerifiedToken(token)) = parts.extensions.get() {
            return Ok(Some(Proof::Token(*token)));
        }
        let token = bearer_token(&parts.headers).ok_or(DomainError::Unauthenticated)?;
        if is_api_key(token) {
            let key = match parts.extensions.get() {
                Some(VerifiedKey(known)) => known.clone().ok_or(DomainError::Unauthenticated)?,
                None => api.services.api_keys.verify(token).await?,
            };
            let allowed = key_scopes::check(parts, &key);
            let actor = key.actor().at(address(parts));
            api.services.audit.access(actor, None, allowed).await?;
            return Ok(Some(Proof::Key(key.user)));
        }
        return Ok(Some(Proof::Token(api.tokens.verify(token)?)));
    }
    Ok(parts
        .extensions
        .get::<Viewer>()
        .and_then(|viewer| viewer.user.clone())
        .map(Proof::Session))
}

/// A proof of identity.
enum Proof {
    Token(AccessToken),
    /// The owner of an API key that may send this request.
    Key(UserView),
    Session(UserView),
}

async fn account(parts: &Parts, api: &ApiState) -> ApiResult<Option<CallerAccount>> {
    match identify(parts, api).await? {
        None => Ok(None),
        // No log-in, so that nothing which needs a recent one is ever allowed.
        Some(Proof::Key(user)) => Ok(Some(CallerAccount {
            user,
            address: address(parts),
            language: language(parts),
            log_in: KeptLogIn::None,
            authenticated_at: None,
        })),
        Some(Proof::Session(user)) => {
            let session = parts.extensions.get();
            let authenticated_at = match session {
                Some(session) => sessions::authenticated_at(session).await?,
                None => None,
            };
            Ok(Some(CallerAccount {
                user,
                address: address(parts),
                language: language(parts),
                log_in: session.map(sessions::kept).unwrap_or_default(),
                authenticated_at,
            }))
        }
        Some(Proof::Token(token)) => {
            let found = api.services.accounts.find_with_epoch(token.actor.id);
            let account = found.await?.ok_or(DomainError::Unauthenticated)?;
            if !api.tokens.is_live(&token, account.auth_epoch).await? {
                return Err(DomainError::Unauthenticated.into());
            }
            let family = token.log_in.map(|log_in| log_in.family);
            Ok(Some(CallerAccount {
                user: account.user,
                address: address(parts),
                language: language(parts),
                log_in: family.map_or(KeptLogIn::None, KeptLogIn::Family),
                authenticated_at: token.authenticated_at,
            }))
        }
    }
}

fn language(parts: &Parts) -> Language {
    parts.extensions.get().copied().unwrap_or_default()
}

fn address(parts: &Parts) -> Option<ClientAddress> {
    parts.extensions.get::<ClientAddress>().copied()
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    ApiState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let caller =
            <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        caller.ok_or_else(|| DomainError::Unauthenticated.into())
    }
}

/// The caller, or `None` for an anonymous request. An invalid token is an error all the same.
impl<S> OptionalFromRequestParts<S> for Caller
where
    S: Send + Sync,
    ApiState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Option<Self>> {
        let api = ApiState::from_ref(state);
        let actor = match identify(parts, &api).await? {
            // Only for accounts of which a log-in was ended just now.
            Some(Proof::Token(token)) if api.tokens.may_be_ended(&token) => {
                let caller = account(parts, &api).await?;
                return Ok(caller.map(|caller| Self(caller.actor())));
            }
            Some(Proof::Token(token)) => token.actor,
            Some(Proof::Session(user) | Proof::Key(user)) => Actor::from(&user),
            None => return Ok(None),
        };
        Ok(Some(Self(
            actor.at(address(parts)).reading(language(parts)),
        )))
    }
}

impl<S> FromRequestParts<S> for CallerAccount
where
    S: Send + Sync,
    ApiState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        account(parts, &ApiState::from_ref(state))
            .await?
            .ok_or_else(|| DomainError::Unauthenticated.into())
    }
}

/// The account, or `None` for an anonymous request. An invalid token is an error all the same.
impl<S> OptionalFromRequestParts<S> for CallerAccount
where
    S: Send + Sync,
    ApiState: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Option<Self>> {
        account(parts, &ApiState::from_ref(state)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn the_scheme_is_case_insensitive() {
        assert_eq!(bearer_token(&headers("bearer abc")), Some("abc"));
        assert_eq!(bearer_token(&headers("Bearer abc")), Some("abc"));
    }

    #[test]
    fn other_schemes_are_not_bearer_tokens() {
        assert_eq!(bearer_token(&headers("Basic abc")), None);
        assert_eq!(bearer_token(&headers("Bearerabc")), None);
        assert_eq!(bearer_token(&HeaderMap::new()), None);
    }
}
