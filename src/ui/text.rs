//! Every sentence that people see, in one catalogue: a language is added by writing one more value
//! of [`Catalogue`].
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
mod domain_errors;
#[cfg(feature = "ssr")]
mod flash_messages;
#[cfg(feature = "ssr")]
mod frame;
mod islands;
#[cfg(feature = "ssr")]
mod mailbox;
#[cfg(feature = "ssr")]
mod my_registrations;
#[cfg(feature = "ssr")]
mod organize;
mod panel;
#[cfg(feature = "ssr")]
mod second_factor;

pub use islands::{ISLANDS, IslandText};
pub use panel::{PANEL, PHASES, PanelText, PhaseText};
#[cfg(feature = "ssr")]
pub use {
    account::{ACCOUNT, AccountText},
    competition::{
        BROWSE, BrowseText, CHIPS, COMPETITION, ChipText, CompetitionText, HOME, HomeText,
        ORGANIZER, OrganizerText,
    },
    domain_errors::domain_error,
    flash_messages::{FLASH, FlashText},
    frame::{FRAME, FrameText},
    mailbox::{MAILBOX, MailboxText, UNSUBSCRIBE, UnsubscribeText},
    my_registrations::{MY_REGISTRATIONS, MyRegistrationsText},
    organize::{ORGANIZE, OrganizeText},
    second_factor::{SECOND_FACTOR, SecondFactorText},
};

/// The catalogue of one language.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, Copy)]
pub struct Catalogue {
    /// The language tag for `<html lang>` (BCP 47).
    pub language: &'static str,
    /// The frame around every page, and error pages.
    pub frame: FrameText,
    pub home: HomeText,
    pub browse: BrowseText,
    pub phases: PhaseText,
    /// The state of a competition on its card.
    pub chips: ChipText,
    /// The public page of an organizer.
    pub organizer: OrganizerText,
    pub competition: CompetitionText,
    pub account: AccountText,
    /// The pages about two-step log-in.
    pub second_factor: SecondFactorText,
    pub registrations: MyRegistrationsText,
    pub mailbox: MailboxText,
    /// The page behind the unsubscribe link of a reminder.
    pub unsubscribe: UnsubscribeText,
    pub organize: OrganizeText,
    /// The sentences that the next page shows once.
    pub flash: FlashText,
    /// The sentences that islands use too.
    pub islands: IslandText,
}

/// The English catalogue of the whole interface.
#[cfg(feature = "ssr")]
pub const EN: Catalogue = Catalogue {
    language: "en",
    frame: FRAME,
    home: HOME,
    browse: BROWSE,
    phases: PHASES,
    chips: CHIPS,
    organizer: ORGANIZER,
    competition: COMPETITION,
    account: ACCOUNT,
    second_factor: SECOND_FACTOR,
    registrations: MY_REGISTRATIONS,
    mailbox: MAILBOX,
    unsubscribe: UNSUBSCRIBE,
    organize: ORGANIZE,
    flash: FLASH,
    islands: ISLANDS,
};

/// Returns the catalogue of the current language. English is the only one so far; another is chosen
/// here.
#[cfg(feature = "ssr")]
#[must_use]
pub fn text() -> &'static Catalogue {
    static TEXT: Catalogue = EN;
    &TEXT
}

/// Returns the sentences of islands: a small part of the catalogue, so that the bundle does not
/// contain the rest.
#[must_use]
pub fn island_text() -> &'static IslandText {
    static TEXT: IslandText = ISLANDS;
    &TEXT
}
