//! Where things are kept: the database and its tables, the five ports and their two
//! implementations.

pub mod audit;
pub mod auth_epoch;
pub mod bulk;
pub mod by_index;
pub mod database;
pub mod database_time;
pub mod entity;
mod infrastructure_error;
pub mod memory;
pub mod ports;
pub mod prune;
pub mod redis;
pub mod sessions;

pub use database::{Database, TimeLimits, Transaction};
pub use infrastructure_error::{ErrorKind, InfrastructureError};
