//! Services outside the installation, other than the database and Redis: the SMTP server, the storage of files,
//! and the push services of browsers.
//!
//! It imports no other module of the crate.

pub mod mailer;
pub mod object_storage;
pub mod public_address;
pub mod web_push;
