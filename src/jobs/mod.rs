//! Background work that loses nothing.
//!
//! # How a job lives
//!
//! 1. It is **born** as a row of `outbox_jobs`, inside the transaction that makes it necessary
//!    ([`outbox`]). If that transaction does not commit, the job never was.
//! 2. After the commit its envelope is **pushed** to a list (Redis, or memory). If the process dies
//!    in between, the [`relay`] finds the row by its expired lease and pushes it.
//! 3. A [`worker`] **takes** a batch, and in *one* transaction does the work, deletes the outbox
//!    rows, and commits. Then it acknowledges. If it dies before the commit, nothing happened; if
//!    it dies after, the job is delivered again and finds itself done.
//! 4. A job that **fails** keeps its row, with the error; it waits 2 s, 4 s, 8 s ([`retry`]) and
//!    then becomes a dead letter ([`dead_letters`]), in the transaction that ends it.
//!
//! The list may lose everything and deliver twice: the outbox row is the truth, and handlers are
//! idempotent. This module knows no domain; handlers are given to it at start.

pub mod dead_letters;
mod finish;
pub mod handler;
mod kind;
pub mod outbox;
mod read;
pub mod relay;
pub mod retry;
pub mod worker;

pub use handler::{Failure, Handler, Handlers, Job};
pub use kind::{JobKind, Queues};
