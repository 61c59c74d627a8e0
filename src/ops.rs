//! What running the application takes: settings, clock, telemetry, metrics, health.

mod clock;
pub mod health;
pub mod metrics;
pub mod open_files;
pub mod settings;
pub mod telemetry;

pub use clock::Clock;
