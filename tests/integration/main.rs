//! Behaviour of the whole application, on both backends: SQLite + memory and PostgreSQL + Redis.
//!
//! Run by `cargo xtask test`, which starts a throwaway PostgreSQL and Redis. Each test has an
//! application of its own: a free port, a fresh database, a Redis prefix. Time is a clock that the
//! test moves; the worker is driven by hand. Nothing sleeps to wait.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on has failed"
)]

mod harness;

mod bad_input;
mod degradation;
mod forms;
mod idempotency;
mod model;
mod pages;
mod ports;
mod processes;
mod registering;
mod schema;
mod starting;
mod waitlist;
