//! All sentences of the catalogue in German.

mod account;
mod admin;
mod announce;
mod api_keys;
mod audit_actions;
mod brackets;
mod calendar;
mod certificates;
mod check_in;
mod codes;
mod competition;
mod control_room;
mod divisions;
mod domain_errors;
mod editing;
mod embed;
mod field_errors;
mod flash_messages;
mod frame;
mod history;
mod import;
mod islands;
mod language;
mod letters;
mod mailbox;
mod my_registrations;
mod organize;
mod panel;
mod people;
mod person;
mod picture;
mod presets;
mod questions;
mod request_errors;
mod results;
mod saved_views;
mod second_factor;
mod staff;
mod start_numbers;
mod statistics;
mod ticket;
mod webhooks;

use super::catalogue::{Catalogue, groups_of_language};

/// All groups of the German sentences.
pub(super) const CATALOGUE: Catalogue = groups_of_language!();
