//! Services outside the installation, other than the database and Redis: the SMTP server and the storage of
//! files.
//!
//! It imports no other module of the crate.

pub mod mailer;
pub mod object_storage;
