//! Who calls: somebody with a bearer token, or a browser with a session.

use axum::{
    extract::{FromRef, FromRequestParts, OptionalFromRequestParts},
    http::{HeaderMap, header, request::Parts},
};

use super::{Api, ApiError, ApiResult};
use crate::{
    domain::{Actor, ClientAddress, Viewer},
    model::{DomainError, UserView},
};

/// Whom the bearer token of this very request names, where a layer has verified it already: a request
/// extension.
#[derive(Debug, Clone, Copy)]
pub struct Verified(pub Actor);

/// Somebody who proved who they are. The role is the one their token was issued with: fine where
/// only the id matters (taking a seat), and it costs no query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller(pub Actor);

/// Somebody who proved who they are and whose account was looked up: the role is the database's,
/// so that one taken away works at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(pub UserView, Option<ClientAddress>);

impl Account {
    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::from(&self.0).at(self.1)
    }
}

/// The token of an `Authorization: Bearer` header; `None` when there is no such header.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_matches(' '))
}

/// Token before cookie: a request that shows a token is judged by it alone.
fn identify(parts: &Parts, api: &Api) -> Result<Option<Proof>, DomainError> {
    if parts.headers.contains_key(header::AUTHORIZATION) {
        if let Some(Verified(actor)) = parts.extensions.get() {
            return Ok(Some(Proof::Token(*actor)));
        }
        let token = bearer(&parts.headers).ok_or(DomainError::Unauthenticated)?;
        return api
            .tokens
            .verify(token)
            .map(|actor| Some(Proof::Token(actor)));
    }
    Ok(parts
        .extensions
        .get::<Viewer>()
        .and_then(|viewer| viewer.0.clone())
        .map(Proof::Session))
}

enum Proof {
    Token(Actor),
    Session(UserView),
}

async fn account(parts: &Parts, api: &Api) -> ApiResult<Option<Account>> {
    match identify(parts, api)? {
        None => Ok(None),
        Some(Proof::Session(user)) => Ok(Some(Account(user, address(parts)))),
        Some(Proof::Token(actor)) => match api.services.accounts.find(actor.id).await? {
            Some(user) => Ok(Some(Account(user, address(parts)))),
            None => Err(DomainError::Unauthenticated.into()),
        },
    }
}

fn address(parts: &Parts) -> Option<ClientAddress> {
    parts.extensions.get::<ClientAddress>().copied()
}

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Api: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        match identify(parts, &Api::from_ref(state))? {
            Some(Proof::Token(actor)) => Ok(Self(actor.at(address(parts)))),
            Some(Proof::Session(user)) => Ok(Self(Actor::from(&user).at(address(parts)))),
            None => Err(DomainError::Unauthenticated.into()),
        }
    }
}

impl<S> FromRequestParts<S> for Account
where
    S: Send + Sync,
    Api: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        account(parts, &Api::from_ref(state))
            .await?
            .ok_or_else(|| DomainError::Unauthenticated.into())
    }
}

/// Anybody, and who they are if they say so; a token that does not hold is refused all the same.
impl<S> OptionalFromRequestParts<S> for Account
where
    S: Send + Sync,
    Api: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Option<Self>> {
        account(parts, &Api::from_ref(state)).await
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
    fn the_scheme_is_read_without_regard_to_case() {
        assert_eq!(bearer(&headers("bearer abc")), Some("abc"));
        assert_eq!(bearer(&headers("Bearer abc")), Some("abc"));
    }

    #[test]
    fn other_schemes_are_no_bearer_tokens() {
        assert_eq!(bearer(&headers("Basic abc")), None);
        assert_eq!(bearer(&headers("Bearerabc")), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
