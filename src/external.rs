//! Services outside the installation, other than the database and Redis: the SMTP server, the storage of files,
//! the push services of browsers, and the webhooks of organizers.
//!
//! It imports no other module of the crate.

pub mod mailer;
pub mod object_storage;
pub mod public_address;
mod responses;
pub mod web_push;
pub mod webhook_sender;
