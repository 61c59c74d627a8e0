//! Every sentence that people see, in one catalogue, so that a language is added by writing one
//! more value of [`Text`] and nothing else.
//!
//! A plain sentence is a `&'static str`; one that depends on something is a function to `String`,
//! because word order and plurals are a language's own business.

/// Writes a group of the catalogue: the struct, and its English value.
///
/// `key => "…";` is a plain sentence, `key(n: u32) => format!(…);` one that depends on something.
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

        /// In English.
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
    outcome::{OUTCOMES, Outcomes, refusal},
};

/// The catalogue of one language.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// Its tag (BCP 47), for `<html lang>`.
    pub language: &'static str,
    /// What stands around every page.
    pub frame: Frame,
    /// The landing page.
    pub home: Home,
    /// The list of competitions.
    pub browse: Browse,
    /// The states of a competition.
    pub phases: Phases,
    /// One competition.
    pub competition: Competition,
    /// Signing up, logging in, the profile.
    pub account: Account,
    /// One's own registrations.
    pub registrations: MyRegistrations,
    /// The mailbox.
    pub mailbox: Mailbox,
    /// Behind a reminder's unsubscribe link.
    pub unsubscribe: Unsubscribe,
    /// The organizer's pages.
    pub organize: Organize,
    /// How things went.
    pub outcomes: Outcomes,
    /// What islands say too.
    pub live: Live,
}

/// English.
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

/// The catalogue to speak with. English is the only one so far; the one place to choose another.
#[cfg(feature = "ssr")]
#[must_use]
pub fn text() -> &'static Text {
    static TEXT: Text = EN;
    &TEXT
}

/// What islands say: a small part of the catalogue, so that the bundle does not carry the rest.
#[must_use]
pub fn live() -> &'static Live {
    static TEXT: Live = LIVE;
    &TEXT
}
