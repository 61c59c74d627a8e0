//! Silent stalls: a frozen process, a session that keeps a row locked, a connection whose packets are lost.
//! Everything else continues, and what stalled does no harm when it continues.

mod frozen_process;
mod locked_rows;
mod lost_connections;
mod time_limits;
mod unconfirmed_commits;
