//! Grandchildren whose parent died before them.
//!
//! A test may start a Redis or a server of its own; when that test is killed, what it had started
//! belongs to nobody and outlives the run. On Linux this program declares itself the one that
//! inherits such processes, and ends them after each test runner. Elsewhere they only lose the
//! terminal.

#[cfg(target_os = "linux")]
pub use linux::{adopt, end_all};

#[cfg(not(target_os = "linux"))]
pub fn adopt() {}

#[cfg(not(target_os = "linux"))]
pub fn end_all(_is_held: impl Fn(i32) -> bool) {}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use nix::sys::signal::{Signal, kill};
    use nix::sys::wait::{WaitPidFlag, waitpid};
    use nix::unistd::Pid;

    static ADOPTING: AtomicBool = AtomicBool::new(false);

    /// From now on this program inherits the children of its descendants.
    pub fn adopt() {
        ADOPTING.store(true, Ordering::SeqCst);
        // Without it (a kernel that refuses) orphans go to init, as they would have anyway.
        nix::sys::prctl::set_child_subreaper(true).ok();
    }

    /// Ends every child of this process that is not `is_held`, if [`adopt`] was called: with SIGTERM, and
    /// after three seconds with SIGKILL. A child that ends may leave children of its own, so this goes on
    /// until there are none, for at most ten seconds.
    pub fn end_all(is_held: impl Fn(i32) -> bool) {
        if !ADOPTING.load(Ordering::SeqCst) {
            return;
        }
        let begin = Instant::now();
        let mut asked = std::collections::BTreeSet::new();
        while begin.elapsed() < Duration::from_secs(10) {
            let orphans = orphans(&is_held);
            if orphans.is_empty() {
                return;
            }
            for pid in orphans {
                let pid = Pid::from_raw(pid);
                if begin.elapsed() > Duration::from_secs(3) {
                    kill(pid, Signal::SIGKILL).ok();
                } else if asked.insert(pid) {
                    kill(pid, Signal::SIGTERM).ok();
                }
                waitpid(pid, Some(WaitPidFlag::WNOHANG)).ok();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn orphans(is_held: impl Fn(i32) -> bool) -> Vec<i32> {
        let me = std::process::id();
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .filter(|pid| {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
                stat.is_ok_and(|stat| parent_in(&stat) == Some(me)) && !is_held(*pid)
            })
            .collect()
    }

    /// The parent's id in the text of `/proc/<pid>/stat`. The command's name comes before it in
    /// parentheses and may itself hold spaces and parentheses.
    pub(super) fn parent_in(stat: &str) -> Option<u32> {
        let (_, after_name) = stat.rsplit_once(')')?;
        after_name.split_ascii_whitespace().nth(1)?.parse().ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::linux::parent_in;

    #[test]
    fn the_parent_is_found_behind_a_name_with_parentheses() {
        assert_eq!(parent_in("12 (a) b (c)) S 7 12 12 0"), Some(7));
        assert_eq!(parent_in("nonsense"), None);
    }
}
