//! The registration path, from a request to its stored outcome.
//!
//! With many participants, few seats, unreliable networks and crashing machines, no participant gets a seat
//! that does not exist, or two seats for two clicks, or a refusal while seats are free.
//!
//! The path of one registration:
//!
//! | function | file | what it does |
//! | --- | --- | --- |
//! | [`Registrations::register`] | `register.rs` | counts the request; returns a cached outcome, or queues a command and waits for its reply |
//! | `ResponseCache::get` | `response_cache.rs` | idempotency, first layer: memory, then the `Cache` port |
//! | `Registrations::check` | `answers.rs` | checks the answers to the questions of the competition, which it keeps in memory |
//! | `RegistrationQueues::submit` | `queue.rs` | queues the command, if a slot is free |
//! | `Shared::run_queue`, `commit_batch` | `queue.rs` | makes batches, under the distributed lock; replies; then publishes edits |
//! | `GroupCommit::commit` | `group_commit.rs` | puts the batches of several competitions into one transaction |
//! | `BatchRunner::run` | `batch_runner.rs` | the SERIALIZABLE transaction, repeated as a whole if it fails against another |
//! | `lock_competitions`, `read_snapshots` | `read_snapshots.rs`, `read_requests.rs`, `read_codes.rs` | row locks; accounts, live registrations, stored outcomes (idempotency, second layer), divisions, codes, waitlists |
//! | [`decide`](decide::decide) | `decide.rs` | the pure decision: a plan for each batch |
//! | `write_plans` | `write_plan.rs`, `write_divisions.rs`, `write_codes.rs`, `write_undo.rs` | divisions, codes, registrations, outcomes, counts (`registration_counts.rs`), the conditional update (`update_competition.rs`), jobs |
//! | `AfterCommit::begin` | `after_commit.rs` | caches outcomes, pushes jobs, publishes seats and news |
//!
//! Afterwards a job for each change writes a message: [`NotificationHandler`] about one registration,
//! [`FanOut`] and [`ScheduleChanges`] to every participant. `message_order.rs` keeps their order.
//!
//! Beside the path: `queries.rs`, `organizer_list.rs`, `saved_views.rs`, `export.rs`, `spreadsheet.rs` and `timeline.rs` read registrations, [`Promotions`] and
//! [`SeatDrift`] check that no free seat was left over and that all counters are right, [`SeatRepair`] corrects them,
//! [`CompetitionDeletion`] removes the rows of a deleted competition.
//!
//! The module knows no HTTP: `startup` passes in the API's [`ResponseCodec`], which encodes outcomes as
//! responses.

mod after_commit;
mod answers;
mod batch_runner;
mod code_commands;
mod code_state;
mod command;
mod competition_deletion;
mod competition_state;
pub mod decide;
mod export;
mod fan_out;
mod group_commit;
mod in_flight;
pub mod job_kinds;
mod keyset_pagination;
mod message_order;
mod notes;
mod notification_message;
mod notifications;
mod organizer_acts;
mod organizer_commands;
mod organizer_list;
mod outcome;
mod pending_reply;
mod promotions;
mod queries;
mod queue;
mod read_codes;
mod read_requests;
mod read_snapshots;
mod recipients;
mod register;
mod registration_counts;
mod response_cache;
mod roster_updates;
pub mod saved_views;
mod schedule_changes;
mod seat_drift;
mod seat_repair;
mod service;
mod spreadsheet;
mod timeline;
mod undo;
mod update_competition;
mod view_audience;
mod watermark;
mod webhook_events;
mod write_codes;
mod write_divisions;
mod write_plan;
mod write_undo;

pub(in crate::domain) use answers::stored_answers;
pub use code_commands::{CodeAction, CodeChange};
pub use code_state::{Address, CodeState, code_digest, request_digest};
pub use command::{CheckedAnswers, Command, PauseChange, Reply, Revision};
pub use competition_deletion::CompetitionDeletion;
pub(in crate::domain) use competition_deletion::job as deletion;
pub use competition_state::{CodeCounters, CompetitionState, DivisionState};
pub use export::Export;
pub use fan_out::FanOut;
pub(in crate::domain) use fan_out::{FanOutPage, in_audience};
pub(in crate::domain) use keyset_pagination::in_registration_order;
pub(in crate::domain) use notification_message::{NotificationPayload, REMINDER};
pub use notifications::NotificationHandler;
pub use organizer_commands::{
    Addition, BulkAct, DivisionAction, DivisionChange, FormerRegistration, RemovalUndo,
};
pub use outcome::{Outcome, RegistrationReply, ResponseCodec, StoredOutcome, StoredResponse};
pub use promotions::Promotions;
pub(in crate::domain) use queries::{
    DivisionNames, WaitlistEntry, division_names, to_view, waitlist_positions,
};
pub use queue::Dependencies;
pub(in crate::domain) use recipients::read_recipients;
pub use roster_updates::RosterUpdates;
pub(in crate::domain) use roster_updates::complete_roster;
pub use schedule_changes::ScheduleChanges;
pub use seat_drift::{SeatDrift, SeatDriftGauge, TASK_NAME as SEAT_DRIFT};
pub use seat_repair::SeatRepair;
pub use service::Registrations;
pub use spreadsheet::Spreadsheet;
pub(in crate::domain) use view_audience::ViewAudience;
pub(in crate::domain) use watermark::Watermark;
