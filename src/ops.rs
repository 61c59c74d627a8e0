//! Operations: settings, clock, logging, metrics, health.
//!
//! It imports from `model` only.

mod clock;
pub mod health;
pub mod metrics;
pub mod open_files;
pub mod settings;
pub mod telemetry;

pub use clock::Clock;
