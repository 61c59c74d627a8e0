//! Builds the application from settings, and runs it until it is told to stop.
//!
//! Everything that can fail, fails here and in this order: addresses are bound first, then the
//! database is opened and migrated, then the rest is put together. Nothing is half-started.

mod application;
mod background;
pub mod cli;
mod command_line;
mod connections;
mod dead_letters;
mod demo;
mod instance;
mod private;
mod secret;
mod seed;
mod services;
mod users;

pub use application::{Application, Components, StartError};
pub use command_line::report_error;
