//! A secret that the next page shows once: a new API key, for example. The browser keeps it in a cookie, encrypted for
//! the account and authenticated by the web layer, until its owner says that it is saved.

use super::{attached::attached, cookie_text::CookieText};
use crate::{
    domain::{Actor, Services},
    store::InfrastructureError,
};

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// A new key for the API.
    ApiKey,
    /// A new secret of a webhook.
    Webhook,
}

impl SecretKind {
    const fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "api-key",
            Self::Webhook => "webhook",
        }
    }
}

/// What the browser keeps, as text.
#[derive(Debug, Clone, Default)]
pub struct ShownOnceCookie(pub CookieText);

/// Returns the cookie of this request. A request that did not pass the layer of cookies has none.
fn cookie() -> Option<CookieText> {
    let ShownOnceCookie(text) = attached()?;
    Some(text)
}

/// Keeps a secret for the next page.
///
/// # Errors
/// Returns an infrastructure error if it can't be encrypted.
pub fn keep(
    services: &Services,
    actor: Actor,
    kind: SecretKind,
    secret: &str,
) -> Result<(), InfrastructureError> {
    let sealed = services.shown_once.seal(actor.id, kind.name(), secret)?;
    if let Some(cookie) = cookie() {
        cookie.leave(Some(sealed));
    }
    Ok(())
}

/// Returns the secret that an earlier request of this account kept.
#[must_use]
pub fn kept(services: &Services, actor: Actor, kind: SecretKind) -> Option<String> {
    let cookie = cookie()?;
    let sealed = cookie.received()?;
    services.shown_once.open(actor.id, kind.name(), sealed)
}

/// Forgets what the browser keeps.
pub fn forget() {
    if let Some(cookie) = cookie().filter(|cookie| cookie.received().is_some()) {
        cookie.leave(None);
    }
}
