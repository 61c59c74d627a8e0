//! All sentences of the catalogue in German.

mod account;
mod calendar;
mod competition;
mod domain_errors;
mod field_errors;
mod flash_messages;
mod frame;
mod islands;
mod language;
mod letters;
mod mailbox;
mod my_registrations;
mod organize;
mod panel;
mod picture;
mod request_errors;
mod second_factor;

use super::catalogue::Catalogue;

/// All groups of the German sentences.
pub(super) const CATALOGUE: Catalogue = Catalogue {
    language: language::LANGUAGE,
    frame: frame::FRAME,
    home: competition::HOME,
    browse: competition::BROWSE,
    phases: panel::PHASES,
    competition: competition::COMPETITION,
    chips: competition::CHIPS,
    organizer: competition::ORGANIZER,
    panel: panel::PANEL,
    picture: picture::PICTURE,
    account: account::ACCOUNT,
    second_factor: second_factor::SECOND_FACTOR,
    registrations: my_registrations::MY_REGISTRATIONS,
    mailbox: mailbox::MAILBOX,
    unsubscribe: mailbox::UNSUBSCRIBE,
    organize: organize::ORGANIZE,
    flash: flash_messages::FLASH,
    islands: islands::ISLANDS,
    domain_errors: domain_errors::DOMAIN_ERRORS,
    field_errors: field_errors::FIELD_ERRORS,
    request_fields: field_errors::REQUEST_FIELDS,
    request_errors: request_errors::REQUEST_ERRORS,
    letters: letters::LETTERS,
    registration_letters: letters::REGISTRATION_LETTERS,
    schedule_letters: letters::SCHEDULE_LETTERS,
    account_letters: letters::ACCOUNT_LETTERS,
    calendar: calendar::CALENDAR,
};
