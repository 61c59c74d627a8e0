//! Silent stalls: a process that freezes, a session that holds a row, a connection whose packets are lost.
//! All others go on, and what stalled does no harm when it goes on.

mod frozen_process;
mod locked_rows;
mod lost_connections;
mod time_limits;
