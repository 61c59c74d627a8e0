//! Children: started in a process group of their own, waited for, and never left behind.
//!
//! A signal to this program is only noted down by the listener; whoever waits for a child passes it
//! on to that child's whole group and goes on waiting. The wait then ends in [`Interrupted`], the
//! callers return, and the guards on the way (services, temporary directories) clean up: one way out
//! for success, failure, panic and Ctrl-C. All waiting happens on the main thread, so no lock and no
//! order between threads is needed; the price is a glance at the child every few milliseconds.

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

const GLANCE: Duration = Duration::from_millis(15);
/// What a child gets between the signal that asks and the one that does not.
const GRACE: Duration = Duration::from_secs(30);

static LAST_SIGNAL: AtomicI32 = AtomicI32::new(0);
static SIGNALS: AtomicU32 = AtomicU32::new(0);
static LIVE: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// The error that every wait returns once somebody asked this program to stop.
#[derive(Debug, Clone, Copy)]
pub struct Interrupted(i32);

impl Interrupted {
    /// The shell's convention: 128 and the number of the signal.
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

/// Takes SIGINT, SIGTERM and SIGHUP from now on.
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

/// An error once this program was asked to stop.
pub fn check_interrupted() -> Result<(), Interrupted> {
    match LAST_SIGNAL.load(Ordering::SeqCst) {
        0 => Ok(()),
        signal => Err(Interrupted(signal)),
    }
}

/// Sleeps, unless this program is asked to stop.
pub fn pause(time: Duration) -> Result<(), Interrupted> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        check_interrupted()?;
        std::thread::sleep(GLANCE.min(end.saturating_duration_since(Instant::now())));
    }
    check_interrupted()
}

/// A running child and, unless it shares ours, its process group. Dropped, it is stopped.
pub struct Child {
    inner: std::process::Child,
    own_group: bool,
    status: Option<ExitStatus>,
}

impl Child {
    /// Starts `command` in a process group of its own, with nothing on its standard input.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        command.process_group(0).stdin(Stdio::null());
        Self::start(command, true)
    }

    /// Starts `command` as if it stood here in our place: it reads our standard input, and at a
    /// terminal it stays in our group, for only the foreground group may read from a terminal.
    pub fn spawn_in_our_place(command: &mut Command) -> Result<Self> {
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
        live().insert(child.pid().as_raw());
        Ok(child)
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.inner.id().cast_signed())
    }

    /// How it ended, if it has.
    pub fn poll(&mut self) -> Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.inner.try_wait().context("cannot wait for a child")?;
        }
        Ok(self.status)
    }

    /// Waits until it ends; signals to this program are passed on meanwhile. A second signal, or
    /// none of them heeded in time, kills.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let mut seen = SIGNALS.load(Ordering::SeqCst);
        let mut asked: Option<Instant> = None;
        loop {
            if let Some(status) = self.poll()? {
                return Ok(status);
            }
            let signals = SIGNALS.load(Ordering::SeqCst);
            if signals != seen {
                seen = signals;
                let number = LAST_SIGNAL.load(Ordering::SeqCst);
                // In a shared group the terminal has sent its Ctrl-C to the child as well.
                if self.own_group || number != SIGINT {
                    let again = asked.is_some();
                    asked.get_or_insert_with(Instant::now);
                    let signal = Signal::try_from(number).unwrap_or(Signal::SIGTERM);
                    self.signal(if again { Signal::SIGKILL } else { signal });
                }
            }
            if asked.is_some_and(|since| since.elapsed() > GRACE) {
                self.signal(Signal::SIGKILL);
            }
            std::thread::sleep(GLANCE);
        }
    }

    /// Sends `signal` to the child and all of its group.
    pub fn signal(&self, signal: Signal) {
        // An error means that nobody is there any more, which is what a signal is meant to bring.
        if self.own_group {
            killpg(self.pid(), signal).ok();
        } else if self.status.is_none() {
            kill(self.pid(), signal).ok();
        }
    }

    /// Sends `signal` to the child alone: for servers that look after their own children.
    pub fn signal_leader(&self, signal: Signal) {
        if self.status.is_none() {
            kill(self.pid(), signal).ok();
        }
    }

    /// Ends the child if it ends within `grace`, without a look at our own interrupts: this is the
    /// way out.
    pub fn ended_within(&mut self, grace: Duration) -> bool {
        let end = Instant::now() + grace;
        loop {
            // A child that cannot be waited for is nobody's child.
            if self.poll().map_or(true, |status| status.is_some()) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(GLANCE);
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
        live().remove(&self.pid().as_raw());
    }
}

fn live() -> std::sync::MutexGuard<'static, BTreeSet<i32>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether `pid` is a child that somebody here still holds.
pub fn is_held(pid: i32) -> bool {
    live().contains(&pid)
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

/// Runs a command to its end; how it ended.
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    let status = Child::spawn(command)?.wait()?;
    check_interrupted()?;
    Ok(status)
}

/// Runs a short command and returns its standard output; its standard error goes into the error.
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
    String::from_utf8(output.stdout).context("output that is not UTF-8")
}

/// Runs a test runner: its standard output is passed through line by line, and each line is shown to
/// `look` as well. What the runner leaves behind (a server that a crashed test had started) is ended.
pub fn stream(command: &mut Command, mut look: impl FnMut(&str) + Send) -> Result<ExitStatus> {
    let mut child = Child::spawn(command.stdout(Stdio::piped()))?;
    let stdout = child.inner.stdout.take().context("no standard output")?;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                let mut out = std::io::stdout().lock();
                out.write_all(&line).and_then(|()| out.flush()).ok();
                look(String::from_utf8_lossy(&line).trim_end());
                line.clear();
            }
        });
        let status = child.wait();
        // Before the thread is joined: whoever still holds the pipe would keep it waiting.
        drop(child);
        orphans::end_all(is_held);
        status
    })
}

/// The exit code that tells a shell how a child ended.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

/// The first program of that name on `PATH`.
pub fn find_program(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name.as_ref()))
        .find(|file| file.is_file())
}

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

    use super::{Child, exit_code, find_program, is_held, output, stream};

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_dropped_child_takes_its_whole_group_along() -> Result<()> {
        let mut group = sh("sleep 600 & sleep 600");
        let mut child = Child::spawn(group.stdout(Stdio::piped()))?;
        let pipe = child.inner.stdout.take();
        let pid = child.pid().as_raw();
        assert!(!child.ended_within(Duration::from_millis(50)) && is_held(pid));
        drop(child);
        // It ends when the last one who holds its other end has ended.
        let rest = pipe.map(std::io::read_to_string).transpose()?;
        assert_eq!(rest.as_deref(), Some(""));
        assert!(!is_held(pid));
        Ok(())
    }

    #[test]
    fn a_runner_is_done_when_it_ends_though_its_children_hold_the_pipe() {
        let begin = Instant::now();
        let mut lines = Vec::new();
        let status = stream(&mut sh("echo one; sleep 600 & echo two; exit 3"), |line| {
            lines.push(line.to_owned());
        });
        assert_eq!(status.map(exit_code).ok(), Some(3));
        assert_eq!(lines, ["one", "two"]);
        assert!(begin.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_failed_command_is_told_with_what_it_said() {
        let error = output(&mut sh("echo no such thing >&2; exit 1"));
        assert!(error.is_err_and(|error| format!("{error:#}").contains("no such thing")));
    }

    #[test]
    fn a_killed_child_has_the_exit_code_of_its_signal() {
        let status = stream(&mut sh("kill -TERM $$"), |_| {});
        assert_eq!(status.map(exit_code).ok(), Some(143));
    }

    #[test]
    fn a_program_is_found_on_the_path_or_not_at_all() {
        assert!(find_program("sh").is_some());
        assert!(find_program("no-such-program-anywhere").is_none());
    }
}
