//! Every sentence that people see, in one catalogue: a language is added by writing one more value
//! of [`Text`].
//!
//! A plain sentence is a `&'static str`. A sentence with values in it is a function that returns a
//! `String`, because word order and plurals differ between languages.

/// Declares a group of the catalogue: the struct, and its English value.
///
/// `key => "…";` is a plain sentence, `key(n: u32) => format!(…);` one with values in it.
macro_rules! catalogue {
    (@type) => { &'static str };
    (@type ($($ty:ty),*)) => { fn($($ty),*) -> String };
    (@value ($($arg:ident: $ty:ty),*) $value:expr) => { |$($arg: $ty),*| $value };
    (@value $value:expr) => { $value };
    (
        $(#[$doc:meta])*
        $name:ident = $english:ident {
            $($key:ident $(($($arg:ident: $ty:ty),*))? => $value:expr;)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        #[allow(missing_docs, reason = "a key says what its sentence says")]
        pub struct $name {
            $(pub $key: catalogue!(@type $(($($ty),*))?)),+
        }

        /// The English sentences of this group.
        pub const $english: $name = $name {
            $($key: catalogue!(@value $(($($arg: $ty),*))? $value)),+
        };
    };
}

#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod competition;
#[cfg(feature = "ssr")]
mod frame;
mod live;
#[cfg(feature = "ssr")]
mod me;
#[cfg(feature = "ssr")]
mod organize;
#[cfg(feature = "ssr")]
mod outcome;

pub use live::{LIVE, Live};
#[cfg(feature = "ssr")]
pub use {
    account::{ACCOUNT, Account},
    competition::{BROWSE, Browse, COMPETITION, Competition, HOME, Home, PHASES, Phases},
    frame::{FRAME, Frame},
    me::{MAILBOX, MY_REGISTRATIONS, Mailbox, MyRegistrations, UNSUBSCRIBE, Unsubscribe},
    organize::{ORGANIZE, Organize},
    outcome::{OUTCOMES, Outcomes, domain_error},
};

/// The catalogue of one language.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// The language tag for `<html lang>` (BCP 47).
    pub language: &'static str,
    /// The frame around every page, and error pages.
    pub frame: Frame,
    pub home: Home,
    pub browse: Browse,
    pub phases: Phases,
    pub competition: Competition,
    pub account: Account,
    pub registrations: MyRegistrations,
    pub mailbox: Mailbox,
    /// The page behind the unsubscribe link of a reminder.
    pub unsubscribe: Unsubscribe,
    pub organize: Organize,
    pub outcomes: Outcomes,
    /// The sentences that islands use too.
    pub live: Live,
}

/// The English catalogue of the whole interface.
#[cfg(feature = "ssr")]
pub const EN: Text = Text {
    language: "en",
    frame: FRAME,
    home: HOME,
    browse: BROWSE,
    phases: PHASES,
    competition: COMPETITION,
    account: ACCOUNT,
    registrations: MY_REGISTRATIONS,
    mailbox: MAILBOX,
    unsubscribe: UNSUBSCRIBE,
    organize: ORGANIZE,
    outcomes: OUTCOMES,
    live: LIVE,
};

/// Returns the catalogue of the current language. English is the only one so far; another is chosen
/// here.
#[cfg(feature = "ssr")]
#[must_use]
pub fn text() -> &'static Text {
    static TEXT: Text = EN;
    &TEXT
}

/// Returns the sentences of islands: a small part of the catalogue, so that the bundle does not
/// contain the rest.
#[must_use]
pub fn live() -> &'static Live {
    static TEXT: Live = LIVE;
    &TEXT
}
