//! Child processes: each is started in its own process group, waited for, and never left running.
//!
//! The signal handler of this program only records a signal. A function that waits for a child sees
//! it, forwards it to the process group of the child, and continues to wait. When the child has
//! ended, it returns [`Interrupted`], its callers return, and guards (services, temporary
//! directories) clean up. So there is one way out after success, failure, a panic and Ctrl-C. All
//! waiting happens on the main thread, so that threads need no synchronization; the cost is that
//! the child is polled every few milliseconds.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::orphans;

/// The interval at which a child is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(15);
/// The time between a forwarded signal and SIGKILL.
const GRACE_PERIOD: Duration = Duration::from_secs(30);

static LAST_SIGNAL: AtomicI32 = AtomicI32::new(0);
static SIGNALS: AtomicU32 = AtomicU32::new(0);
static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// The error that every wait returns after this program has received a signal to stop.
#[derive(Debug, Clone, Copy)]
pub struct Interrupted(i32);

impl Interrupted {
    /// Returns 128 plus the number of the signal, which is the convention of shells.
    pub fn exit_code(&self) -> u8 {
        u8::try_from(128 + self.0).unwrap_or(1)
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Installs the handler for SIGINT, SIGTERM and SIGHUP.
pub fn catch_interrupts() -> Result<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot listen for signals")?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                LAST_SIGNAL.store(signal, Ordering::SeqCst);
                SIGNALS.fetch_add(1, Ordering::SeqCst);
            }
        })
        .context("cannot start the thread that listens for signals")?;
    Ok(())
}

/// Checks for a signal to stop.
///
/// # Errors
/// Returns an error if this program has received one.
pub fn check_interrupted() -> Result<(), Interrupted> {
    match LAST_SIGNAL.load(Ordering::SeqCst) {
        0 => Ok(()),
        signal => Err(Interrupted(signal)),
    }
}

/// Sleeps until the time has passed or this program receives a signal to stop.
///
/// # Errors
/// Returns an error in the latter case.
pub fn pause(time: Duration) -> Result<(), Interrupted> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        check_interrupted()?;
        std::thread::sleep(POLL_INTERVAL.min(end.saturating_duration_since(Instant::now())));
    }
    check_interrupted()
}

/// A running child and, unless it shares ours, its process group. Dropping it stops the child.
pub struct Child {
    inner: std::process::Child,
    own_group: bool,
    status: Option<ExitStatus>,
}

impl Child {
    /// Starts `command` in a new process group, with an empty standard input.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        command.process_group(0).stdin(Stdio::null());
        Self::start(command, true)
    }

    /// Starts `command` with our standard input. At a terminal it stays in our process group,
    /// because only the foreground group may read from a terminal.
    pub fn spawn_in_foreground(command: &mut Command) -> Result<Self> {
        let own_group = !std::io::stdin().is_terminal();
        if own_group {
            command.process_group(0);
        }
        Self::start(command, own_group)
    }

    fn start(command: &mut Command, own_group: bool) -> Result<Self> {
        check_interrupted()?;
        let inner = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let child = Self {
            inner,
            own_group,
            status: None,
        };
        running().insert(child.pid().as_raw());
        Ok(child)
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.inner.id().cast_signed())
    }

    /// Returns the exit status if the child has ended.
    pub fn poll(&mut self) -> Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.inner.try_wait().context("cannot wait for a child")?;
        }
        Ok(self.status)
    }

    /// Waits until the child ends, and forwards signals to it. Kills it at the second signal, or if
    /// it has not ended within the grace period.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let mut seen = SIGNALS.load(Ordering::SeqCst);
        let mut signalled: Option<Instant> = None;
        loop {
            if let Some(status) = self.poll()? {
                return Ok(status);
            }
            let signals = SIGNALS.load(Ordering::SeqCst);
            if signals != seen {
                seen = signals;
                let number = LAST_SIGNAL.load(Ordering::SeqCst);
                // In a shared group the child receives the Ctrl-C of the terminal directly.
                if self.own_group || number != SIGINT {
                    let again = signalled.is_some();
                    signalled.get_or_insert_with(Instant::now);
                    let signal = Signal::try_from(number).unwrap_or(Signal::SIGTERM);
                    self.signal(if again { Signal::SIGKILL } else { signal });
                }
            }
            if signalled.is_some_and(|since| since.elapsed() > GRACE_PERIOD) {
                self.signal(Signal::SIGKILL);
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Sends `signal` to the child and its process group.
    pub fn signal(&self, signal: Signal) {
        // An error means that no process is left, which is the purpose of the signal.
        if self.own_group {
            killpg(self.pid(), signal).ok();
        } else if self.status.is_none() {
            kill(self.pid(), signal).ok();
        }
    }

    /// Sends `signal` to the child alone, for servers that stop their own children.
    pub fn signal_leader(&self, signal: Signal) {
        if self.status.is_none() {
            kill(self.pid(), signal).ok();
        }
    }

    /// Waits up to `grace` for the child to end, and returns whether it has. Ignores interrupts of
    /// this program, because it is used for cleaning up.
    pub fn ended_within(&mut self, grace: Duration) -> bool {
        let end = Instant::now() + grace;
        loop {
            // A child that cannot be waited for has ended.
            if self.poll().map_or(true, |status| status.is_some()) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.ended_within(Duration::ZERO) {
            self.signal(Signal::SIGTERM);
            if !self.ended_within(Duration::from_secs(10)) {
                self.signal(Signal::SIGKILL);
                self.ended_within(Duration::from_secs(10));
            }
        }
        if self.own_group {
            self.signal(Signal::SIGKILL);
        }
        running().remove(&self.pid().as_raw());
    }
}

fn running() -> std::sync::MutexGuard<'static, BTreeSet<i32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns whether `pid` is a child that a [`Child`] still stands for.
pub fn is_tracked(pid: i32) -> bool {
    running().contains(&pid)
}

/// Runs a command to its end.
///
/// # Errors
/// Returns an error that names the command if it cannot be started or does not succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let child = Child::spawn(command)?;
    finish(child, command)
}

/// Waits for a child that was started with `command`.
///
/// # Errors
/// Returns an error that names the command if it does not succeed.
pub fn finish(mut child: Child, command: &Command) -> Result<()> {
    let status = child.wait()?;
    check_interrupted()?;
    if !status.success() {
        bail!("`{}` ended with {status}", line_of(command));
    }
    Ok(())
}

/// Runs a command to its end and returns its exit status.
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    let status = Child::spawn(command)?.wait()?;
    check_interrupted()?;
    Ok(status)
}

/// Runs a short command and returns its standard output.
///
/// # Errors
/// Returns an error with the standard error of the command if it does not succeed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    check_interrupted()?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` ended with {}: {}",
            line_of(command),
            output.status,
            stderr.trim()
        );
    }
    String::from_utf8(output.stdout).context("the output is not UTF-8")
}

/// Runs a test runner. Forwards its standard output, and also passes each line to `on_line`. Ends
/// the processes that it leaves running, for example a server that a crashed test had started.
pub fn stream(command: &mut Command, mut on_line: impl FnMut(&str) + Send) -> Result<ExitStatus> {
    let mut child = Child::spawn(command.stdout(Stdio::piped()))?;
    let stdout = child.inner.stdout.take().context("no standard output")?;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                let mut out = std::io::stdout().lock();
                out.write_all(&line).and_then(|()| out.flush()).ok();
                on_line(String::from_utf8_lossy(&line).trim_end());
                line.clear();
            }
        });
        let status = child.wait();
        // Before the thread is joined: it reads until every process that has the pipe open has
        // ended.
        drop(child);
        orphans::end_all(is_tracked);
        status
    })
}

/// Returns the exit code with which a shell would report the status.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

/// Returns the path of the first program with this name in `PATH`.
pub fn find_program(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name.as_ref()))
        .find(|file| file.is_file())
}

/// Returns the command line for error messages.
fn line_of(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use anyhow::Result;

    use super::{Child, exit_code, find_program, is_tracked, output, stream};

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn dropping_a_child_ends_its_process_group() -> Result<()> {
        let mut group = sh("sleep 600 & sleep 600");
        let mut child = Child::spawn(group.stdout(Stdio::piped()))?;
        let pipe = child.inner.stdout.take();
        let pid = child.pid().as_raw();
        assert!(!child.ended_within(Duration::from_millis(50)) && is_tracked(pid));
        drop(child);
        // The pipe is closed when the last process that has it open has ended.
        let rest = pipe.map(std::io::read_to_string).transpose()?;
        assert_eq!(rest.as_deref(), Some(""));
        assert!(!is_tracked(pid));
        Ok(())
    }

    #[test]
    fn a_runner_has_ended_although_its_children_keep_the_pipe_open() {
        let start = Instant::now();
        let mut lines = Vec::new();
        let status = stream(&mut sh("echo one; sleep 600 & echo two; exit 3"), |line| {
            lines.push(line.to_owned());
        });
        assert_eq!(status.map(exit_code).ok(), Some(3));
        assert_eq!(lines, ["one", "two"]);
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn the_error_of_a_failed_command_has_its_standard_error() {
        let error = output(&mut sh("echo no such thing >&2; exit 1"));
        assert!(error.is_err_and(|error| format!("{error:#}").contains("no such thing")));
    }

    #[test]
    fn a_killed_child_has_the_exit_code_of_its_signal() {
        let status = stream(&mut sh("kill -TERM $$"), |_| {});
        assert_eq!(status.map(exit_code).ok(), Some(143));
    }

    #[test]
    fn programs_are_found_in_path() {
        assert!(find_program("sh").is_some());
        assert!(find_program("no-such-program-anywhere").is_none());
    }
}
