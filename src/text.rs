//! The catalogue: every sentence that people read, in each language.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `groups/` | the names of all sentences, in groups, and the values that each has |
//! | `en/` and the other languages | the sentences of a language |
//! | [`template`] | the form of a sentence with values and plural forms |
//! | `locale`, `intl` | numbers and plural categories, on the server and in the browser |
//! | `dates` | dates and times of the day |
//! | `pseudo_language` | marks around every sentence, for a test that finds text outside of the catalogue |
//!
//! A group is a struct with a field for each sentence, so a language that lacks one does not compile. Tests
//! check that sentences name only values that they have, and have the plural forms of their language.
//!
//! The browser bundle contains the names of the sentences that islands show, and none of the sentences:
//! they come with the document ([`island_sentences`] and [`panel_sentences`]).

/// Declares a group of sentences: its struct, and a method for each sentence with values.
///
/// `key;` is a plain sentence, `key(n: u64);` one with values in it.
macro_rules! sentences {
    (@method $key:ident) => {};
    (@method $key:ident ($($arg:ident: $ty:ty),+)) => {
        #[must_use]
        pub fn $key(&self, $($arg: $ty),+) -> String {
            $crate::text::template::render(
                self.language,
                self.$key,
                &[$((stringify!($arg), $arg.into())),+],
            )
        }
    };
    (
        $(#[$doc:meta])*
        $name:ident {
            $($key:ident $(($($arg:ident: $ty:ty),+))?;)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        #[allow(missing_docs, reason = "a key says what its sentence says")]
        pub struct $name {
            pub language: $crate::model::Language,
            $(pub $key: &'static str),+
        }

        #[allow(missing_docs, reason = "a key says what its sentence says")]
        impl $name {
            $(sentences!(@method $key $(($($arg: $ty),+))?);)+

            /// Returns all sentences of the group, in order.
            #[cfg(feature = "ssr")]
            #[allow(dead_code, reason = "tests read all groups, documents only some")]
            pub(in crate::text) fn sentences(&self) -> Vec<$crate::text::sentence::Sentence> {
                vec![$($crate::text::sentence::Sentence {
                    group: stringify!($name),
                    key: stringify!($key),
                    template: self.$key,
                    values: &[$($((stringify!($arg), stringify!($ty))),+)?],
                }),+]
            }

            /// Returns the group with marks around each sentence.
            #[cfg(all(feature = "ssr", debug_assertions))]
            pub(in crate::text) fn marked(&self) -> Self {
                Self {
                    language: self.language,
                    $($key: $crate::text::pseudo_language::mark(self.$key)),+
                }
            }

            /// Creates the group from its sentences, in order; a missing one is empty.
            #[cfg(feature = "hydrate")]
            pub fn from_sentences(
                language: $crate::model::Language,
                sentences: &mut dyn Iterator<Item = &'static str>,
            ) -> Self {
                Self {
                    language,
                    $($key: sentences.next().unwrap_or_default()),+
                }
            }
        }
    };
}

#[cfg(feature = "ssr")]
mod catalogue;
mod groups;
#[cfg(feature = "hydrate")]
mod intl;
#[cfg(not(feature = "hydrate"))]
mod locale;
pub mod template;

#[cfg(feature = "ssr")]
mod ar;
#[cfg(feature = "ssr")]
mod audit_actions;
#[cfg(feature = "ssr")]
mod dates;
#[cfg(feature = "ssr")]
mod de;
#[cfg(feature = "ssr")]
mod en;
#[cfg(feature = "ssr")]
mod es;
#[cfg(feature = "ssr")]
mod explain;
#[cfg(feature = "ssr")]
mod fr;
#[cfg(feature = "ssr")]
mod ja;

pub use groups::{IslandText, PanelText, PhaseText};
#[cfg(feature = "ssr")]
pub use {
    catalogue::Catalogue,
    dates::{DateStyle, date_time, time_elsewhere},
    groups::{
        AccountLetterText, AccountText, AdminText, AnnounceText, ApiKeysText, AuditActionText,
        BracketsText, BrowseText, CalendarText, CertificatesText, CheckInText, ChipText, CodesText,
        CompetitionText, ControlRoomText, DivisionsText, DomainErrorText, EditingText, EmbedText,
        FieldErrorText, FlashText, FrameText, HistoryText, HomeText, ImportText, LetterText,
        MailboxText, MyRegistrationsText, OrganizeText, OrganizerText, PeopleText, PersonText,
        PictureText, PresetsText, QuestionsText, RegistrationLetterText, RequestErrorText,
        RequestFieldText, ResultsText, SavedViewsText, ScheduleLetterText, SecondFactorText,
        StaffText, StartNumbersText, StatisticsText, TicketText, UnsubscribeText, WebhooksText,
    },
    in_document::{island_sentences, panel_sentences},
    languages::{OFFERED, catalogue},
};

#[cfg(all(feature = "ssr", debug_assertions))]
#[doc(hidden)]
pub use pseudo_language::speak_pseudo_language;

/// Returns a number with the separators of a language: `12,345` or `12.345`.
#[cfg(feature = "ssr")]
#[must_use]
pub fn grouped(language: crate::model::Language, number: u64) -> String {
    locale::number(language, number)
}

#[cfg(feature = "ssr")]
mod in_document;
#[cfg(feature = "ssr")]
mod languages;
#[cfg(all(feature = "ssr", debug_assertions))]
mod pseudo_language;
#[cfg(feature = "ssr")]
mod sentence;

#[cfg(test)]
mod tests;
