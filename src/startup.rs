//! Builds the application from settings, and runs it until the shutdown signal.
//!
//! Everything that can fail, fails here and in this order: addresses are bound first, then the
//! database is opened and migrated, then the services are created. Nothing is half-started.

mod application;
mod background;
mod command_line;
pub mod commands;
mod connections;
mod dead_letters;
mod demo_data;
mod instance;
mod load_test_data;
mod own_process;
mod private_files;
mod queues;
mod secret;
mod services;
mod site;
mod start_error;
mod storage;
mod users;
mod web_push;
mod webhooks;

pub use application::{Application, Components};
pub use command_line::report_error;
pub use start_error::StartError;
