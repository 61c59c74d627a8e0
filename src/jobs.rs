//! Background work that loses nothing.
//!
//! # How a job lives
//!
//! 1. It is **born** as a row of `outbox_jobs`, inside the transaction that makes it necessary
//!    ([`outbox`]). If that transaction does not commit, the job never was.
//! 2. After the commit its envelope is **pushed** to a list (Redis, or memory). If the process dies
//!    in between, the [`relay`] finds the row by its expired lease and pushes it.
//! 3. A [`worker`] of the [`pool`] **takes** a batch, and in *one* transaction does the work,
//!    deletes the outbox rows, and commits. Then it acknowledges. If it dies before the commit,
//!    nothing happened; if it dies after, the job is delivered again and finds itself done. Work
//!    outside the database ([`handler`]) is claimed, done, and then ended.
//! 4. A job that **fails** keeps its row, with the error; it waits 2 s, 4 s, 8 s ([`retry`]) and
//!    then becomes a dead letter ([`dead_letters`]), in the transaction that ends it. From there a
//!    person may have it tried again.
//!
//! The list may lose everything and deliver twice: the outbox row is the truth, and handlers are
//! idempotent. The [`scheduler`] begins what nobody asks for. This module knows no domain; handlers
//! and chores are given to it at start.

mod bounded;
mod completion;
mod context;
pub mod dead_letters;
mod decode;
mod effect;
mod failpoint;
pub mod handler;
pub mod kind;
pub mod outbox;
pub mod pool;
pub mod relay;
pub mod retry;
pub mod scheduler;
pub mod worker;

pub use context::Context;
pub use handler::{Effect, Failure, Handler, HandlerOutput, Handlers, Job, StepHandler};
pub use kind::{JobKind, JobKinds, Queues};
pub use worker::Heartbeat;
