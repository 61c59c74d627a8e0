//! Progress messages on standard error. Standard output has only results (test output, the summary
//! line, environment variables).

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::Result;

static START: OnceLock<Instant> = OnceLock::new();

/// Starts the clock that [`elapsed`] reads.
pub fn start_clock() {
    START.get_or_init(Instant::now);
}

/// Returns the time since the command started.
pub fn elapsed() -> Duration {
    START.get_or_init(Instant::now).elapsed()
}

/// Runs one step of a command. Prints its title before, and its duration after it.
pub fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {title}");
    let start = Instant::now();
    let result = work();
    let outcome = if result.is_ok() { "done" } else { "FAILED" };
    eprintln!(
        "    {outcome}: {title} ({:.1} s; {:.1} s in all)",
        start.elapsed().as_secs_f64(),
        elapsed().as_secs_f64(),
    );
    result
}

/// Prints one line inside a step.
pub fn note(text: impl std::fmt::Display) {
    eprintln!("    {text}");
}
