//! Background work that loses no job.
//!
//! # The life of a job
//!
//! 1. A row of `outbox_jobs` is written in the transaction that makes the job necessary
//!    ([`outbox`]). If that transaction does not commit, there is no job.
//! 2. After the commit the job's envelope is pushed to a queue (in Redis or in memory). If the
//!    process crashes before, the [`relay`] finds the row by its expired lease and pushes it.
//! 3. A [`worker`] of the [`pool`] claims a batch. In one transaction it runs the handler, deletes the
//!    outbox rows and commits; then it acknowledges the jobs. If it crashes before the commit,
//!    nothing has happened; if it crashes after, the job is delivered again, and without a row it
//!    is only acknowledged. A job with an effect outside the database ([`handler::Effect`]) is
//!    claimed in its row, performed, and then completed.
//! 4. A job that fails keeps its row, with the error. It is tried again after 2 s, 4 s and 8 s
//!    ([`retry`]) and then becomes a dead letter ([`dead_letters`]). An administrator may have it
//!    tried again. Where another service takes only so many jobs at a time, the queue slows down ([`pace`]).
//!
//! A queue may lose all jobs and deliver jobs twice: the outbox row is the truth, and handlers are
//! idempotent. The [`scheduler`] starts work by the clock.
//!
//! # The route of one confirmation
//!
//! | step | function | file |
//! | --- | --- | --- |
//! | written with the registration | `write_plans` | `domain/registration/write_plan.rs` |
//! | pushed after the commit | `outbox::push` | `jobs/outbox.rs` |
//! | claimed | `run_batches`, `claim` | `jobs/pool.rs`, `jobs/worker.rs` |
//! | decoded | `decode` | `jobs/decode.rs` |
//! | locked, handled, completed, committed | `run_transaction`, `Completion::of_handled` | `jobs/worker.rs`, `jobs/completion.rs` |
//! | message written, seat confirmed | `NotificationHandler::handle` | `domain/registration/notifications.rs` |
//! | text | `message`, `confirmation` | `domain/registration/notification_message.rs`, `domain/mailbox/message_texts.rs` |
//! | stored | `MessageWriter::write` | `domain/mailbox/message_writer.rs` |
//! | acknowledged, counted | `Completion::settle` | `jobs/completion.rs` |
//!
//! # What it may depend on
//!
//! This module knows no domain: handlers, the kinds of jobs and scheduled tasks are declared in
//! `domain` and registered by `startup`. Of its own files, [`kind`], [`outbox`] and [`handler`] stand
//! below `completion` and `effect`, those below [`worker`], and [`pool`] on top.

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
pub mod pace;
pub mod pool;
pub mod queue_pauses;
pub mod relay;
pub mod retry;
pub mod scheduler;
mod span;
pub mod throughput;
pub mod worker;

pub use context::Context;
pub use handler::{Effect, Failure, Handler, HandlerOutput, Handlers, Job, StepHandler};
pub use kind::{JobKind, JobKinds, Queues};
pub use pace::QueuePace;
pub use queue_pauses::QueuePauses;
pub use throughput::Throughput;
pub use worker::Heartbeat;
