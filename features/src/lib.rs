//! Contains no code: this crate makes Cargo compile each dependency once.
//!
//! Cargo builds a dependency with the features that the selected packages ask for. Tests ask for more
//! than the server does, so `cargo xtask test` would compile axum, Leptos and the application again after
//! `cargo xtask serve`. This crate belongs to the workspace and asks for the same features as the tests'
//! dependencies; commands that select the whole workspace (`--workspace`, as xtask does) therefore build
//! the same crates. A build of the application alone (`cargo build --release`) does not see them.
