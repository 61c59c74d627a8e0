//! The tables as SeaORM reads and writes them, one module per table. The schema itself, with its
//! constraints and indexes, is in the `migration` crate.

pub mod account_token;
pub mod announcement;
pub mod api_key;
pub mod audit_event;
pub mod check_in;
pub mod competition;
pub mod competition_tally;
pub mod cron_tick;
pub mod division;
pub mod failed_job;
pub mod former_schedule;
pub mod idempotency_log;
pub mod message;
pub mod opening_reminder;
pub mod organizer_request;
pub mod outbox_job;
pub mod paused_queue;
pub mod process;
pub mod push_subscription;
pub mod question;
pub mod queue_throughput;
pub mod recovery_code;
pub mod refresh_token;
pub mod registration;
pub mod registration_count;
pub mod registration_note;
pub mod saved_view;
pub mod scheduled_task_state;
pub mod second_factor;
pub mod session;
pub mod staff;
pub mod start_number;
pub mod user;
pub mod webhook;
pub mod webhook_delivery;
