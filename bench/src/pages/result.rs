//! What the scenario measures for each page.

use serde::Serialize;

use super::requests::{Form, Visitor};
use crate::machine::CpuTime;
use crate::statistics::Percentiles;

/// How the server and nginx responded to the same requests.
#[derive(Debug, Clone, Serialize)]
pub struct PageResult {
    pub page: &'static str,
    /// Whether it is a document (HTML) or a response of the API.
    pub document: bool,
    pub visitor: Visitor,
    pub form: Form,
    /// The length of the body, in bytes.
    pub bytes: usize,
    pub server: Responses,
    pub nginx: Responses,
    /// The rate of the server relative to that of nginx: of all rounds together, and the lowest and
    /// the highest of a round.
    pub of_nginx: f64,
    pub of_nginx_range: (f64, f64),
    /// The processor time of nginx relative to that of the server with PostgreSQL and Redis.
    pub of_nginx_by_cpu: f64,
}

/// The responses of one of the two.
#[derive(Debug, Clone, Serialize)]
pub struct Responses {
    pub per_second: f64,
    pub latency_ms: Percentiles,
    /// Processor time per response, in microseconds. `server` is nginx in its own results.
    pub cpu_us: CpuTime,
}

impl Responses {
    /// Returns the processor time per response without the load generator, in microseconds.
    pub fn cpu(&self) -> f64 {
        self.cpu_us.server + self.cpu_us.postgres + self.cpu_us.redis
    }
}
