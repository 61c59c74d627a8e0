//! The targets of the benchmark.

use serde::Serialize;

/// A performance target and whether the run met it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    pub name: &'static str,
    pub target: String,
    pub measured: String,
    pub met: bool,
}
