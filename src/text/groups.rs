//! The names of all sentences, in groups by where they are shown.

mod islands;
mod panel;

#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod admin;
#[cfg(feature = "ssr")]
mod announce;
#[cfg(feature = "ssr")]
mod api_keys;
#[cfg(feature = "ssr")]
mod audit_actions;
#[cfg(feature = "ssr")]
mod brackets;
#[cfg(feature = "ssr")]
mod calendar;
#[cfg(feature = "ssr")]
mod certificates;
#[cfg(feature = "ssr")]
mod check_in;
#[cfg(feature = "ssr")]
mod codes;
#[cfg(feature = "ssr")]
mod competition;
#[cfg(feature = "ssr")]
mod control_room;
#[cfg(feature = "ssr")]
mod divisions;
#[cfg(feature = "ssr")]
mod domain_errors;
#[cfg(feature = "ssr")]
mod editing;
#[cfg(feature = "ssr")]
mod embed;
#[cfg(feature = "ssr")]
mod field_errors;
#[cfg(feature = "ssr")]
mod flash_messages;
#[cfg(feature = "ssr")]
mod frame;
#[cfg(feature = "ssr")]
mod history;
#[cfg(feature = "ssr")]
mod import;
#[cfg(feature = "ssr")]
mod letters;
#[cfg(feature = "ssr")]
mod mailbox;
#[cfg(feature = "ssr")]
mod my_registrations;
#[cfg(feature = "ssr")]
mod organize;
#[cfg(feature = "ssr")]
mod people;
#[cfg(feature = "ssr")]
mod person;
#[cfg(feature = "ssr")]
mod picture;
#[cfg(feature = "ssr")]
mod presets;
#[cfg(feature = "ssr")]
mod questions;
#[cfg(feature = "ssr")]
mod request_errors;
#[cfg(feature = "ssr")]
mod results;
#[cfg(feature = "ssr")]
mod saved_views;
#[cfg(feature = "ssr")]
mod second_factor;
#[cfg(feature = "ssr")]
mod staff;
#[cfg(feature = "ssr")]
mod start_numbers;
#[cfg(feature = "ssr")]
mod statistics;
#[cfg(feature = "ssr")]
mod ticket;
#[cfg(feature = "ssr")]
mod webhooks;

pub use islands::IslandText;
pub use panel::{PanelText, PhaseText};
#[cfg(feature = "ssr")]
pub use {
    account::AccountText,
    admin::AdminText,
    announce::AnnounceText,
    api_keys::ApiKeysText,
    audit_actions::AuditActionText,
    brackets::BracketsText,
    calendar::CalendarText,
    certificates::CertificatesText,
    check_in::CheckInText,
    codes::CodesText,
    competition::{BrowseText, ChipText, CompetitionText, HomeText, OrganizerText},
    control_room::ControlRoomText,
    divisions::DivisionsText,
    domain_errors::DomainErrorText,
    editing::EditingText,
    embed::EmbedText,
    field_errors::{FieldErrorText, RequestFieldText},
    flash_messages::FlashText,
    frame::FrameText,
    history::HistoryText,
    import::ImportText,
    letters::{AccountLetterText, LetterText, RegistrationLetterText, ScheduleLetterText},
    mailbox::{MailboxText, UnsubscribeText},
    my_registrations::MyRegistrationsText,
    organize::OrganizeText,
    people::PeopleText,
    person::PersonText,
    picture::PictureText,
    presets::PresetsText,
    questions::QuestionsText,
    request_errors::RequestErrorText,
    results::ResultsText,
    saved_views::SavedViewsText,
    second_factor::SecondFactorText,
    staff::StaffText,
    start_numbers::StartNumbersText,
    statistics::StatisticsText,
    ticket::TicketText,
    webhooks::WebhooksText,
};
