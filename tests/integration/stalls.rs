//! What stalls without a word: a process that freezes, a session that keeps a row, a connection
//! whose packets vanish. Everybody else goes on, and what stalled does no harm when it goes on.

mod frozen_process;
mod held_rows;
mod limits;
mod lost_connections;
