//! The built application under test: starts it on throw-away services, seeds its database, and
//! calls it over HTTP with tokens that are signed here.

pub mod database;
pub mod http;
pub mod server;
pub mod token;
