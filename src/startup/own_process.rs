//! This process, as administrators see it.

use chrono::{DateTime, Utc};

use crate::{domain::processes::OwnProcess, model::ProcessPart};

/// Returns the description of this process, which starts at `now`; each part comes with whether it runs.
pub(super) fn describe(parts: [(ProcessPart, bool); 3], now: DateTime<Utc>) -> OwnProcess {
    let running = parts.into_iter().filter(|(_, runs)| *runs);
    OwnProcess::new(name(), running.map(|(part, _)| part).collect(), now)
}

/// Returns the name of this machine, and the number of this process there.
fn name() -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok());
    let machine = machine.as_deref().map_or("unknown", str::trim);
    format!("{machine}:{}", std::process::id())
}
