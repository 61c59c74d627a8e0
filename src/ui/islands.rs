//! What is alive in the browser. Islands render on the server like everything else, and only they
//! are compiled to WebAssembly; each makes something live that works without it.
//!
//! What needs the browser stands in `browser/`, which the server does not have.

mod ambient;
mod live_seats;
mod register;

#[cfg(feature = "hydrate")]
mod browser;

pub use ambient::Ambient;
pub use live_seats::LiveSeats;
pub use register::RegisterForm;
