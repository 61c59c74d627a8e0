//! Services outside the installation, other than the database and Redis: the SMTP server.
//!
//! It imports no other module of the crate.

pub mod mailer;
