//! Says what is going on and how long it took, on standard error, so that standard output keeps
//! nothing but results (test output, the summary line, environment assignments).

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::Result;

static START: OnceLock<Instant> = OnceLock::new();

pub fn start_clock() {
    START.get_or_init(Instant::now);
}

/// Time since the command began.
pub fn elapsed() -> Duration {
    START.get_or_init(Instant::now).elapsed()
}

/// Runs one step of a command between a line that names it and a line with the time it took.
pub fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {title}");
    let begin = Instant::now();
    let result = work();
    let outcome = if result.is_ok() { "done" } else { "FAILED" };
    eprintln!(
        "    {outcome}: {title} ({:.1} s; {:.1} s in all)",
        begin.elapsed().as_secs_f64(),
        elapsed().as_secs_f64(),
    );
    result
}

/// One line inside a step.
pub fn note(text: impl std::fmt::Display) {
    eprintln!("    {text}");
}
