//! Persistence: the database with its tables, and the five ports (lock, cache, counters, queue, bus) with
//! an implementation on Redis and one in memory.
//!
//! It imports from `model` and `ops` only. What a row means is decided in `domain`.

pub mod account_names;
pub mod advisory_lock;
pub mod audit;
pub mod auth_epoch;
pub mod brackets;
pub mod bulk;
pub mod by_index;
pub mod check_ins;
pub mod chunks;
pub mod database;
pub mod database_time;
pub mod entity;
mod infrastructure_error;
pub mod memory;
pub mod ports;
pub mod prune;
pub mod redis;
pub mod results;
pub mod roster;
pub mod search;
pub mod sessions;
pub mod sign_out;
pub mod start_numbers;
mod writes;

pub use database::{Database, TimeLimits, Transaction};
pub use infrastructure_error::{ErrorKind, InfrastructureError};
pub use writes::Writes;
