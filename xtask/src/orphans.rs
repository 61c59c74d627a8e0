//! Orphaned processes: descendants whose parent has ended before them.
//!
//! A test may start a Redis or a server. If that test is killed, the process becomes an orphan and
//! would outlive the run. On Linux this program declares itself a *child subreaper* (`prctl(2)`),
//! which becomes the parent of such processes, and ends them after each test runner. Other systems
//! have no such function, so the orphans keep running there.

#[cfg(target_os = "linux")]
pub use linux::{adopt, end_all};

#[cfg(not(target_os = "linux"))]
pub fn adopt() {}

#[cfg(not(target_os = "linux"))]
pub fn end_all(_is_tracked: impl Fn(i32) -> bool) {}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use nix::sys::signal::{Signal, kill};
    use nix::sys::wait::{WaitPidFlag, waitpid};
    use nix::unistd::Pid;

    static ADOPTING: AtomicBool = AtomicBool::new(false);

    /// Makes this process the parent of orphaned descendants.
    pub fn adopt() {
        ADOPTING.store(true, Ordering::SeqCst);
        // If the kernel refuses, orphans become children of init as usual.
        nix::sys::prctl::set_child_subreaper(true).ok();
    }

    /// Ends every child of this process that is not `is_tracked`, if [`adopt`] was called: with
    /// SIGTERM, and after three seconds with SIGKILL. A child that ends may leave children of its
    /// own, so this goes on until there are none, for at most ten seconds.
    pub fn end_all(is_tracked: impl Fn(i32) -> bool) {
        if !ADOPTING.load(Ordering::SeqCst) {
            return;
        }
        let start = Instant::now();
        let mut signalled = std::collections::BTreeSet::new();
        while start.elapsed() < Duration::from_secs(10) {
            let orphans = orphans(&is_tracked);
            if orphans.is_empty() {
                return;
            }
            for pid in orphans {
                let pid = Pid::from_raw(pid);
                if start.elapsed() > Duration::from_secs(3) {
                    kill(pid, Signal::SIGKILL).ok();
                } else if signalled.insert(pid) {
                    kill(pid, Signal::SIGTERM).ok();
                }
                waitpid(pid, Some(WaitPidFlag::WNOHANG)).ok();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns the ids of this process's children that are not tracked.
    fn orphans(is_tracked: impl Fn(i32) -> bool) -> Vec<i32> {
        let me = std::process::id();
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .filter(|pid| {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
                stat.is_ok_and(|stat| parent_in(&stat) == Some(me)) && !is_tracked(*pid)
            })
            .collect()
    }

    /// Parses the id of the parent in `/proc/<pid>/stat`. The command's name comes before it in
    /// parentheses, and may contain spaces and parentheses.
    pub(super) fn parent_in(stat: &str) -> Option<u32> {
        let (_, after_name) = stat.rsplit_once(')')?;
        after_name.split_ascii_whitespace().nth(1)?.parse().ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::linux::parent_in;

    #[test]
    fn the_parent_is_parsed_after_a_name_with_parentheses() {
        assert_eq!(parent_in("12 (a) b (c)) S 7 12 12 0"), Some(7));
        assert_eq!(parent_in("nonsense"), None);
    }
}
