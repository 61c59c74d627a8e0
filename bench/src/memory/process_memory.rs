//! The memory of one process, as the kernel counts it.

use std::fmt;
use std::fs;

use anyhow::{Context, Result};

/// How much memory a process occupies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ProcessMemory {
    /// All pages that are in memory, pages of the program file included, in MiB.
    pub(super) resident_mib: f64,
    /// The pages that only this process has, and that it has written, in MiB.
    pub(super) private_dirty_mib: f64,
}

impl ProcessMemory {
    /// Reads `/proc/PID/smaps_rollup`.
    ///
    /// # Errors
    /// Returns an error if there is no such process.
    pub(super) fn read(pid: i32) -> Result<Self> {
        let path = format!("/proc/{pid}/smaps_rollup");
        let text = fs::read_to_string(&path).with_context(|| path.clone())?;
        Self::parse(&text).with_context(|| format!("{path} lacks a field"))
    }

    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kib: f64 = line.split_ascii_whitespace().next()?.parse().ok()?;
            Some(kib / 1024.0)
        };
        Some(Self {
            resident_mib: field("Rss:")?,
            private_dirty_mib: field("Private_Dirty:")?,
        })
    }
}

impl fmt::Display for ProcessMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1} MiB ({:.1} of its own)",
            self.resident_mib, self.private_dirty_mib
        )
    }
}

#[cfg(test)]
mod tests {
    use super::ProcessMemory;

    #[test]
    fn resident_and_private_memory_are_read_from_their_fields() {
        let text = "00400000-7ffd [rollup]\nRss:     2048 kB\nPss:  900 kB\nPss_Dirty: 7 kB\n\
                    Private_Clean:  1 kB\nPrivate_Dirty:   512 kB\n";
        let expected = ProcessMemory {
            resident_mib: 2.0,
            private_dirty_mib: 0.5,
        };
        assert_eq!(ProcessMemory::parse(text), Some(expected));
    }
}
