//! What a visitor wanted to do before the log-in: to register for a competition. It is kept in a cookie, so
//! that it is done after the log-in or the sign-up without a second press. Without such an intent the cookie may keep
//! where a visitor was going who has to open a link in a mail first: the link can't say that.
//!
//! Only the register form sets the cookie, and no page of another site can submit that form. It is done only
//! if the log-in leads back to the register form of that competition ([`Intent::path`]), and the log-in page
//! says so: nobody is registered by a link that somebody else made.

use super::{attached::attached, cookie_text::CookieText, paths};
use crate::model::{CompetitionId, DivisionId, IdempotencyKey, UserId};

/// Begins the text of the cookie, so that no other authenticated text is read as an intent.
const PREFIX: &str = "register:";
/// The same where a division was chosen.
const DIVISION_PREFIX: &str = "register-in-division:";
/// The same where the account is known, or something was typed that the cookie does not hold.
const LONG_PREFIX: &str = "register-with:";
/// Begins the text of the cookie that keeps a path only.
const WAY_PREFIX: &str = "go:";
/// Says in the text of the cookie that something was typed.
const TYPED: &str = "typed";

/// A registration that waits for a log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The competition to register for.
    pub competition: CompetitionId,
    /// The idempotency key of the form that was submitted: the registration keeps it, so that a log-in that
    /// is submitted twice takes one seat.
    pub key: IdempotencyKey,
    /// The division that was chosen, if any.
    pub division: Option<DivisionId>,
    /// The account that wants it, if one was logged in. It is not done for any other.
    pub account: Option<UserId>,
    /// Whether a code or answers were typed as well. They are kept elsewhere: without them, nothing is done.
    pub is_typed: bool,
}

impl Intent {
    /// Returns the path that the log-in leads to: the competition's page, with a mark that the button was
    /// pressed there. Opening it registers nobody.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}?register", paths::competition(self.competition))
    }

    fn write(&self) -> String {
        // The key comes last, since it may contain the separator.
        match self.division {
            division if self.account.is_some() || self.is_typed => {
                let division = division.map(|id| id.to_string()).unwrap_or_default();
                let account = self.account.map(|id| id.to_string()).unwrap_or_default();
                let typed = if self.is_typed { TYPED } else { "" };
                format!(
                    "{LONG_PREFIX}{}:{division}:{account}:{typed}:{}",
                    self.competition, self.key
                )
            }
            Some(division) => {
                format!(
                    "{DIVISION_PREFIX}{}:{division}:{}",
                    self.competition, self.key
                )
            }
            None => format!("{PREFIX}{}:{}", self.competition, self.key),
        }
    }

    fn read(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix(LONG_PREFIX) {
            return Self::read_long(rest);
        }
        let (competition, division, key) = match text.strip_prefix(DIVISION_PREFIX) {
            Some(rest) => {
                let (competition, rest) = rest.split_once(':')?;
                let (division, key) = rest.split_once(':')?;
                (competition, Some(division.parse().ok()?), key)
            }
            None => {
                let (competition, key) = text.strip_prefix(PREFIX)?.split_once(':')?;
                (competition, None, key)
            }
        };
        Some(Self {
            competition: competition.parse().ok()?,
            key: IdempotencyKey::parse(key).ok()?,
            division,
            account: None,
            is_typed: false,
        })
    }

    /// Reads what follows the long prefix. A part that says nothing is empty.
    fn read_long(rest: &str) -> Option<Self> {
        let (competition, rest) = rest.split_once(':')?;
        let (division, rest) = rest.split_once(':')?;
        let (account, rest) = rest.split_once(':')?;
        let (typed, key) = rest.split_once(':')?;
        Some(Self {
            competition: competition.parse().ok()?,
            key: IdempotencyKey::parse(key).ok()?,
            division: match division {
                "" => None,
                id => Some(id.parse().ok()?),
            },
            account: match account {
                "" => None,
                id => Some(id.parse().ok()?),
            },
            is_typed: typed == TYPED,
        })
    }
}

/// The intent of a visitor, as text.
#[derive(Debug, Clone, Default)]
pub struct IntentCookie(pub CookieText);

/// Returns the cookie of this request. A request that did not pass the layer of cookies has none.
fn cookie() -> Option<CookieText> {
    let IntentCookie(text) = attached()?;
    Some(text)
}

/// Keeps an intent until the visitor has logged in.
pub fn keep(intent: &Intent) {
    if let Some(cookie) = cookie() {
        cookie.leave(Some(intent.write()));
    }
}

/// Returns the intent that is done after a log-in which leads to `next`.
#[must_use]
pub fn for_log_in_to(next: &str) -> Option<Intent> {
    waiting().filter(|intent| intent.path() == next)
}

/// Returns the intent of this browser.
#[must_use]
pub fn waiting() -> Option<Intent> {
    Intent::read(&cookie()?.current()?)
}

/// Returns the intent of this browser, unless another account than this one wants it.
#[must_use]
pub fn waiting_for(account: UserId) -> Option<Intent> {
    waiting().filter(|intent| intent.account.is_none_or(|id| id == account))
}

/// Keeps where the visitor is going, until the link in a mail was opened. An intent says that already.
pub fn keep_way_on(next: &str) {
    if let (Some(cookie), Some(next)) = (cookie(), paths::local(next).filter(|it| !it.is_empty()))
        && waiting().is_none()
    {
        cookie.leave(Some(format!("{WAY_PREFIX}{next}")));
    }
}

/// Returns where the visitor was going before the link in a mail was opened.
#[must_use]
pub fn way_on() -> Option<String> {
    let text = cookie()?.current()?;
    match text.strip_prefix(WAY_PREFIX) {
        Some(next) => paths::local(next).map(str::to_owned),
        None => Intent::read(&text).map(|intent| intent.path()),
    }
}

/// Returns the same, and forgets a way that no intent says: it is being gone.
#[must_use]
pub fn take_way_on() -> Option<String> {
    let way = way_on();
    if waiting().is_none() {
        forget();
    }
    way
}

/// Forgets the intent: it is being done.
pub fn forget() {
    if let Some(cookie) = cookie().filter(|cookie| cookie.current().is_some()) {
        cookie.leave(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_read_as_it_was_written_and_nothing_else_is_one() {
        let intent = Intent {
            competition: CompetitionId::new(),
            key: IdempotencyKey::parse("a:b").unwrap(),
            division: None,
            account: None,
            is_typed: false,
        };
        let with_division = Intent {
            division: Some(DivisionId::new()),
            ..intent.clone()
        };
        let typed = Intent {
            is_typed: true,
            ..intent.clone()
        };
        let of_account = Intent {
            account: Some(UserId::new()),
            ..with_division.clone()
        };
        for intent in [&intent, &with_division, &typed, &of_account] {
            assert_eq!(Intent::read(&intent.write()).as_ref(), Some(intent));
        }
        for text in [
            "",
            "{}",
            "register:",
            "register:x:y",
            "register-with:x:y",
            &intent.path(),
        ] {
            assert_eq!(Intent::read(text), None, "{text}");
        }
    }
}
