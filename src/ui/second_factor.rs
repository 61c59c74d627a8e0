//! What a browser keeps between the pages about the second factor: a log-in between its two steps, or the recovery
//! codes until their owner has written them down.
//!
//! Both are kept in a cookie, which the web layer authenticates. The recovery codes in it are encrypted, so that
//! they are nowhere in a form that can be read but on the page.

use super::{attached::attached, cookie_text::CookieText};
use crate::domain::accounts::PendingLogIn;

/// Begins the text of the cookie with a log-in, so that no other authenticated text is read as one.
const LOG_IN: &str = "log-in:";
/// Begins the text of the cookie with recovery codes.
const CODES: &str = "recovery-codes:";

/// What the browser keeps, as text.
#[derive(Debug, Clone, Default)]
pub struct SecondFactorCookie(pub CookieText);

/// Returns the cookie of this request. A request that did not pass the layer of cookies has none.
fn cookie() -> Option<CookieText> {
    let SecondFactorCookie(text) = attached()?;
    Some(text)
}

/// Keeps a log-in until its second step.
pub fn keep_log_in(pending: &PendingLogIn) {
    if let Some(cookie) = cookie() {
        cookie.leave(Some(format!("{LOG_IN}{pending}")));
    }
}

/// Returns the log-in of this browser that waits for its second step.
#[must_use]
pub fn pending_log_in() -> Option<PendingLogIn> {
    // The page of the second step may be the response to the first one.
    let text = cookie()?.current()?;
    text.strip_prefix(LOG_IN)?.parse().ok()
}

/// Keeps sealed recovery codes until their owner has written them down.
pub fn keep_codes(sealed: &str) {
    if let Some(cookie) = cookie() {
        cookie.leave(Some(format!("{CODES}{sealed}")));
    }
}

/// Returns the sealed recovery codes that this browser keeps.
#[must_use]
pub fn sealed_codes() -> Option<String> {
    let cookie = cookie()?;
    Some(cookie.received()?.strip_prefix(CODES)?.to_owned())
}

/// Forgets what the browser keeps.
pub fn forget() {
    if let Some(cookie) = cookie().filter(|cookie| cookie.received().is_some()) {
        cookie.leave(None);
    }
}
