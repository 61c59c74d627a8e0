//! The pages, one file each; those of organizers are in `organize`, those of administrators in `admin`. A page asks the domain what to
//! show and lays it out with [components](super::components).

pub mod account;
pub mod admin;
pub mod answers;
pub mod brackets;
pub mod browse;
pub mod cancel;
pub mod certificate;
pub mod competition;
pub mod confirm_password;
pub mod data;
mod division_choice;
pub mod home;
pub mod invitation;
mod list_filter;
pub mod mailbox;
pub mod not_found;
pub mod offline;
pub mod organize;
pub mod organizer;
pub mod password;
mod registration_panel;
pub mod registrations;
pub mod second_factor;
pub mod security;
pub mod sessions;
pub mod standings;
pub mod ticket;
pub mod unsubscribe;
pub mod verify_email;
