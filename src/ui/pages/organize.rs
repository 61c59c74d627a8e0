//! The organizer's pages. Each asks the domain for what the competition's owner may see, so that the domain
//! refuses access.

pub mod announce;
pub mod api_keys;
pub mod audit;
mod become_organizer;
pub mod brackets;
pub mod certificates;
pub mod check_in;
pub mod closing;
pub mod codes;
pub mod competition;
pub mod control_room;
pub mod deletion;
pub mod divisions;
pub mod edit;
mod embed;
pub mod import;
pub mod overview;
pub mod participants;
mod pause_switch;
pub mod person;
mod person_drawer;
pub mod picture;
mod question;
pub mod questions;
pub mod results;
pub mod review;
mod saved_views;
pub mod staff;
pub mod start_numbers;
mod statistics;
pub mod webhook_deliveries;
pub mod webhooks;
mod wrong_lines;
