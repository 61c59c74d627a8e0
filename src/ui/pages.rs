//! The pages: one file each (the organizer's in their own room). A page asks the domain what to
//! show and lays it out with [components](super::components).

pub mod account;
pub mod browse;
pub mod cancel;
pub mod competition;
pub mod home;
pub mod mailbox;
pub mod not_found;
pub mod organize;
mod place;
pub mod registrations;
pub mod unsubscribe;
