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

mod addresses;
mod announcements;
mod audit;
mod bad_input;
mod bodies;
mod clocks;
mod commands;
mod connections;
mod containers;
mod crashes;
mod dead_letters;
mod degradation;
mod deletion;
mod drift;
mod exporting;
mod figures;
mod forms;
mod guessing;
mod idempotency;
mod jobs;
mod limits;
mod mail;
mod model;
mod order;
mod organizing;
mod pages;
mod ports;
mod private_files;
mod processes;
mod promotions;
mod proxies;
mod real_relay;
mod registering;
mod relay;
mod reminders;
mod roles;
mod schedule_changes;
mod scheduler;
mod schema;
mod secrets;
mod stalls;
mod starting;
mod stopping;
mod texts;
mod timeline;
mod together;
mod tokens;
mod upgrades;
mod waitlist;
mod web_headers;
mod workers;
