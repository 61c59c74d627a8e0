//! The built application under test: started on throw-away services, seeded with data, and called
//! over HTTP with tokens that are signed here.

pub mod database;
pub mod http;
pub mod server;
pub mod token;
