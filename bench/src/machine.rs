//! What the machine does meanwhile, read from `/proc`: whose processor time, whose memory. Where
//! there is no `/proc` all of it is zero.

use std::fs;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::Serialize;

/// Clock ticks in a second, as Linux reports to programs on every machine we know.
const TICKS: f64 = 100.0;

/// Processor time in seconds, since when there is a machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cpu {
    pub server: f64,
    pub postgres: f64,
    pub redis: f64,
    /// The processor time of the load generator.
    pub generator: f64,
    /// Everybody else on this machine.
    pub others: f64,
}

/// Whom to look at.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    pub servers: Vec<i32>,
    pub postgres: Option<i32>,
    pub redis: Option<i32>,
}

impl Watch {
    /// The time that went by until now.
    pub fn now(&self) -> Cpu {
        let server = self.servers.iter().map(|pid| family(*pid)).sum();
        let postgres = self.postgres.map_or(0.0, family);
        let redis = self.redis.map_or(0.0, family);
        // Not our children: they have been counted.
        let generator = stat("self").map_or(0.0, |stat| stat.own);
        let ours = server + postgres + redis + generator;
        Cpu {
            server,
            postgres,
            redis,
            generator,
            others: busy() - ours,
        }
    }

    /// Resident memory of the servers in MiB: now, and at the most.
    pub fn resident(&self) -> (f64, f64) {
        let sum = |name| self.servers.iter().map(|pid| memory(*pid, name)).sum();
        (sum("VmRSS:"), sum("VmHWM:"))
    }
}

impl Cpu {
    /// What was used since `before`, multiplied.
    pub fn since(self, before: Self, factor: f64) -> Self {
        let of = |now: f64, then: f64| ((now - then) * factor).max(0.0);
        Self {
            server: of(self.server, before.server),
            postgres: of(self.postgres, before.postgres),
            redis: of(self.redis, before.redis),
            generator: of(self.generator, before.generator),
            others: of(self.others, before.others),
        }
    }
}

struct Stat {
    parent: i32,
    own: f64,
    /// Of children that have ended.
    children: f64,
}

fn stat(pid: &str) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name in parentheses may hold anything, so what counts comes after the last one.
fn parse_stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: (ticks(11)? + ticks(12)?) / TICKS,
        children: (ticks(13)? + ticks(14)?) / TICKS,
    })
}

/// A process with its children.
fn family(pid: i32) -> f64 {
    let Some(head) = stat(&pid.to_string()) else {
        return 0.0;
    };
    let everybody = fs::read_dir("/proc").into_iter().flatten().flatten();
    let living = everybody
        .filter_map(|entry| stat(entry.file_name().to_str()?))
        .filter(|stat| stat.parent == pid);
    head.own + head.children + living.map(|child| child.own).sum::<f64>()
}

/// All processors, all processes.
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
    // user nice system idle iowait irq softirq (steal is nobody's here, guests are in user)
    ticks
        .iter()
        .enumerate()
        .filter(|(at, _)| matches!(at, 0..=2 | 5..=6))
        .map(|(_, ticks)| ticks / TICKS)
        .sum()
}

fn memory(pid: i32, name: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.split_ascii_whitespace().next())
        .and_then(|kib| kib.parse::<f64>().ok())
        .map_or(0.0, |kib| kib / 1024.0)
}

/// A line about the machine: processors and how busy it was when we came.
pub fn describe() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split_ascii_whitespace().take(3).collect();
    format!("{cores} cores, {model}; load before: {}", load.join(" "))
}

/// As many open files as we may have, for us and for the servers we start. Returns how many.
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
    use super::{Cpu, parse_busy, parse_stat};

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let text = "7 (a) b) S 3 7 7 0 -1 0 0 0 0 0 150 50 30 20 20 0 1 0";
        let stat = parse_stat(text);
        let times = stat.map(|stat| (stat.parent, stat.own, stat.children));
        assert_eq!(times, Some((3, 2.0, 0.5)));
    }

    #[test]
    fn waiting_and_stolen_time_is_not_busy() {
        assert_eq!(parse_busy("cpu  100 20 30 9999 8888 5 45 7777 0 0"), 2.0);
    }

    #[test]
    fn what_was_used_is_the_difference_and_never_negative() {
        let now = Cpu {
            server: 3.0,
            ..Cpu::default()
        };
        let before = Cpu {
            server: 1.0,
            others: 1.0,
            ..Cpu::default()
        };
        let used = now.since(before, 10.0);
        assert_eq!((used.server, used.others), (20.0, 0.0));
    }
}
