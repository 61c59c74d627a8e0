//! What a scenario measured.

use std::collections::BTreeMap;

use serde::Serialize;

use super::machine::CpuTime;
use super::statistics::{BatchSizes, Latencies, Percentiles};

/// The results of one scenario.
#[derive(Debug, Clone, Serialize)]
pub struct ScenarioResult {
    pub name: &'static str,
    /// What the throughput counts: `accepted` or `replayed` responses, or `messages`.
    pub counted: &'static str,
    /// The throughput of the scenario.
    pub per_second: f64,
    pub latency_ms: Percentiles,
    /// The number of responses with a status of 500 or more, and of failed connections.
    pub errors: usize,
    /// The number of responses with a domain error. No scenario expects one.
    pub refused: usize,
    pub batch_sizes: BatchSizes,
    /// The peak of the resident memory of all servers.
    pub memory_mib: f64,
    /// Processor time per response, in microseconds.
    pub cpu_us: CpuTime,
    /// The average number of cores that other processes of the machine kept busy.
    pub other_cores: f64,
    /// Numbers that only this scenario has, by their names.
    pub details: BTreeMap<&'static str, f64>,
    /// The contradictions that the check of the database found.
    pub violations: Vec<String>,
}

impl ScenarioResult {
    /// Returns an empty result for a scenario that sends no requests.
    pub fn without_load(name: &'static str, counted: &'static str) -> Self {
        Self {
            name,
            counted,
            per_second: 0.0,
            latency_ms: Latencies::default().percentiles(),
            errors: 0,
            refused: 0,
            batch_sizes: BatchSizes::default(),
            memory_mib: 0.0,
            cpu_us: CpuTime::default(),
            other_cores: 0.0,
            details: BTreeMap::new(),
            violations: Vec::new(),
        }
    }
}
