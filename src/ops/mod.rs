//! What running the application takes: settings, clock, telemetry, metrics, health.

mod clock;
pub mod settings;

pub use clock::Clock;
