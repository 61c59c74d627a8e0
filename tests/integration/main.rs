//! Tests of the whole application on both backends: SQLite with ports in memory, and PostgreSQL with ports on
//! Redis.
//!
//! `cargo xtask test` runs them, and starts a temporary PostgreSQL and Redis for them. Each test has an
//! application of its own, with a free port, an empty database and a Redis prefix. The test moves the clock
//! of the application and decides when its jobs are done. Tests wait for conditions, not for guessed times.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot continue has failed"
)]

mod harness;

mod account_administration;
mod account_deletion;
mod admin_pages;
mod announcement_mail;
mod announcement_pages;
mod announcements;
mod api_keys;
mod audit;
mod authorization;
mod brackets;
mod capacity_questions;
mod catalog;
mod certificates;
mod check_in;
mod clock_skew;
mod codes;
mod competition_closing;
mod competition_copies;
mod competition_edits;
mod competition_lists;
mod connections;
mod containers;
mod control_characters;
mod control_room;
mod covers;
mod crashes;
mod dead_letters;
mod degradation;
mod deletion;
mod deletion_pages;
mod divisions;
mod documented_commands;
mod documents;
mod email_confirmation;
mod embeds;
mod event_streams;
mod every_form;
mod file_permissions;
mod group_commit;
mod icons;
mod idempotency;
mod installation_health;
mod intent;
mod invalid_input;
mod jobs;
mod languages;
mod letters;
mod links_in_letters;
mod log_in_codes;
mod lost_sessions;
mod mail;
mod malformed_requests;
mod message_order;
mod metrics;
mod model_based;
mod offline_pages;
mod opening;
mod opening_reminders;
mod organizer_acts;
mod organizer_contacts;
mod organizer_requests;
mod outages;
mod outbox_relay;
mod overview;
mod own_events;
mod pages;
mod participant_imports;
mod participant_pages;
mod password_changes;
mod password_guessing;
mod pictures;
mod ports;
mod preferences;
mod presets;
mod promotions;
mod publications;
mod push;
mod questions;
mod queue_pauses;
mod rate_limits;
mod references;
mod refresh_tokens;
mod registration;
mod registration_form;
mod registration_lists;
mod registration_pause;
mod reminders;
mod request_bodies;
mod results;
mod roles;
mod saved_views;
mod schedule_changes;
mod schedule_questions;
mod scheduler;
mod schema;
mod search;
mod seat_drift;
mod second_factor;
mod secrets;
mod security_headers;
mod sessions;
mod shared_caches;
mod shutdown;
mod similar;
mod smtp_delivery;
mod staff;
mod stalls;
mod start_numbers;
mod startup_errors;
mod statistics;
mod tickets;
mod timeline;
mod trusted_proxies;
// A release build does not speak the pseudo-language.
#[cfg(debug_assertions)]
mod untranslated_text;
mod upgrades;
mod waitlist;
mod webhooks;
mod whole_site;
mod workers;
