//! The entry point of the command line, and the allocator of the program.

use std::{io, process::ExitCode, thread, time::Duration};

use clap::Parser;
use mini_compete::startup::{self, commands::Cli};

/// A request is some hundred small allocations, made on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The time between two times at which free memory is returned.
const INTERVAL: Duration = Duration::from_secs(10);
/// The size of the stacks of the threads, which do nothing else.
const STACK_BYTES: usize = 64 * 1024;

fn main() -> ExitCode {
    return_free_memory_at_intervals();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return startup::report_error(&error),
    };
    startup::commands::run(cli)
}

/// Starts the thread that returns free memory to the system. Without it the program works as well.
///
/// mimalloc returns memory that has been free for a second, but only when it is asked for more memory of a
/// size that it does not have. An idle server would keep what hashing passwords or a rush has used. When a
/// thread ends, mimalloc returns everything that is due, whichever thread freed it. So a thread starts
/// another one, which does nothing, at intervals: often enough for an idle server, and too rarely to cost a
/// busy one anything. The function that does the same, `mi_collect`, has no safe interface in Rust.
fn return_free_memory_at_intervals() {
    let started = spawn("free-memory", || {
        loop {
            thread::sleep(INTERVAL);
            return_free_memory();
        }
    });
    // Memory is then returned later, or not at all.
    drop(started);
}

/// Returns the memory to the system that has been free for a second.
fn return_free_memory() {
    if let Ok(ending) = spawn("ending", || {}) {
        // It can't panic.
        let _ended = ending.join();
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<thread::JoinHandle<()>> {
    thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK_BYTES)
        .spawn(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The resident memory of this process in KiB.
    #[cfg(target_os = "linux")]
    fn resident() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        number.unwrap().parse().unwrap()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_that_another_thread_has_freed_is_returned() {
        const MIB: usize = 1024 * 1024;
        let before = resident();
        let blocks: Vec<_> = (0..4).map(|_| vec![1_u8; 19 * MIB]).collect();
        assert!(resident() > before + 50 * 1024);
        thread::spawn(move || drop(blocks)).join().unwrap();
        // Until the memory is due, nothing but time has to pass.
        thread::sleep(Duration::from_millis(1_500));
        let due = resident();
        return_free_memory();
        let after = resident();
        assert!(due > before + 50 * 1024, "{due} KiB: nothing was kept");
        assert!(after < before + 10 * 1024, "{before}, {due}, {after} KiB");
    }
}
