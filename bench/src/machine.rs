//! Processor time and memory of the measured processes, read from `/proc`. On systems without
//! `/proc` every value is zero.

use std::fs;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::Serialize;

/// Clock ticks per second (`USER_HZ`), which is 100 on every common Linux platform.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time by process, in seconds since the machine started or as a difference of two
/// readings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct CpuTime {
    pub server: f64,
    pub postgres: f64,
    pub redis: f64,
    /// This process, which generates the load.
    pub generator: f64,
    /// All other processes of the machine.
    pub other: f64,
}

/// The ids of the processes that are measured.
#[derive(Debug, Clone, Default)]
pub struct Processes {
    pub servers: Vec<i32>,
    pub postgres: Option<i32>,
    pub redis: Option<i32>,
}

impl Processes {
    /// Reads the processor time that each process has used so far.
    pub fn cpu_time(&self) -> CpuTime {
        let server = self.servers.iter().map(|pid| with_children(*pid)).sum();
        let postgres = self.postgres.map_or(0.0, with_children);
        let redis = self.redis.map_or(0.0, with_children);
        // Without children: servers and services are children of this process and already counted.
        let generator = stat("self").map_or(0.0, |stat| stat.own);
        let known = server + postgres + redis + generator;
        CpuTime {
            server,
            postgres,
            redis,
            generator,
            other: busy() - known,
        }
    }

    /// Reads the resident memory of all servers in MiB: now, and at its peak.
    pub fn resident_memory(&self) -> (f64, f64) {
        let sum = |name| self.servers.iter().map(|pid| memory(*pid, name)).sum();
        (sum("VmRSS:"), sum("VmHWM:"))
    }
}

impl CpuTime {
    /// Returns the sum of two times.
    pub fn plus(self, other: Self) -> Self {
        Self {
            server: self.server + other.server,
            postgres: self.postgres + other.postgres,
            redis: self.redis + other.redis,
            generator: self.generator + other.generator,
            other: self.other + other.other,
        }
    }

    /// Returns the time used since `before`, multiplied by `factor`.
    pub fn since(self, before: Self, factor: f64) -> Self {
        let scaled = |now: f64, then: f64| ((now - then) * factor).max(0.0);
        Self {
            server: scaled(self.server, before.server),
            postgres: scaled(self.postgres, before.postgres),
            redis: scaled(self.redis, before.redis),
            generator: scaled(self.generator, before.generator),
            other: scaled(self.other, before.other),
        }
    }
}

struct Stat {
    parent: i32,
    own: f64,
    /// The processor time of children that have ended.
    children: f64,
}

fn stat(pid: &str) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Parses `/proc/PID/stat`. The process name in parentheses may contain any character, so the other
/// fields are searched after the last parenthesis.
fn parse_stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
        children: (ticks(13)? + ticks(14)?) / TICKS_PER_SECOND,
    })
}

/// Returns the processor time of a process and its children, in seconds.
fn with_children(pid: i32) -> f64 {
    let Some(parent) = stat(&pid.to_string()) else {
        return 0.0;
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let running = processes
        .filter_map(|entry| stat(entry.file_name().to_str()?))
        .filter(|stat| stat.parent == pid);
    parent.own + parent.children + running.map(|child| child.own).sum::<f64>()
}

/// Returns the time that all processors together have been busy, in seconds.
fn busy() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    parse_busy(text.lines().next().unwrap_or_default())
}

fn parse_busy(line: &str) -> f64 {
    let ticks: Vec<f64> = line
        .split_ascii_whitespace()
        .skip(1)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    // The columns are user, nice, system, idle, iowait, irq, softirq, steal, guest. Stolen time was
    // used by other virtual machines, and guest time is contained in user.
    ticks
        .iter()
        .enumerate()
        .filter(|(at, _)| matches!(at, 0..=2 | 5..=6))
        .map(|(_, ticks)| ticks / TICKS_PER_SECOND)
        .sum()
}

/// Returns a field of `/proc/PID/status` that holds an amount of memory, in MiB.
fn memory(pid: i32, name: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.split_ascii_whitespace().next())
        .and_then(|kib| kib.parse::<f64>().ok())
        .map_or(0.0, |kib| kib / 1024.0)
}

/// Describes the machine in one line: its processors, and its load average before the run.
pub fn describe() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split_ascii_whitespace().take(3).collect();
    format!(
        "{cores} cores, {model}; load average before: {}",
        load.join(" ")
    )
}

/// Raises the limit of open files of this process and of the servers that it starts to the maximum.
/// Returns the new limit.
pub fn raise_open_files() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return 0;
    };
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    }
}

#[cfg(test)]
mod tests {
    use super::{CpuTime, parse_busy, parse_stat};

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let text = "7 (a) b) S 3 7 7 0 -1 0 0 0 0 0 150 50 30 20 20 0 1 0";
        let stat = parse_stat(text);
        let times = stat.map(|stat| (stat.parent, stat.own, stat.children));
        assert_eq!(times, Some((3, 2.0, 0.5)));
    }

    #[test]
    fn idle_and_stolen_time_is_not_busy_time() {
        assert_eq!(parse_busy("cpu  100 20 30 9999 8888 5 45 7777 0 0"), 2.0);
    }

    #[test]
    fn used_time_is_a_difference_and_never_negative() {
        let now = CpuTime {
            server: 3.0,
            ..CpuTime::default()
        };
        let before = CpuTime {
            server: 1.0,
            other: 1.0,
            ..CpuTime::default()
        };
        let used = now.since(before, 10.0);
        assert_eq!((used.server, used.other), (20.0, 0.0));
    }
}
