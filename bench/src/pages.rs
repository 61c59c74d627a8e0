//! The scenario `pages`: how fast the server sends what people read, beside nginx that serves the
//! same bytes as static files.
//!
//! nginx is the ceiling: it decides nothing, and reads files that the kernel has in memory. Both run
//! on the same machine with the same load generator and the same number of connections, and take
//! turns several times a second, so that other programs of the machine disturb both. The server is
//! compared with nginx in two ways: by responses per second, which the load generator on the same
//! cores bounds too, and by processor time per response, which is independent of that.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`requests`] | what is requested, by whom, in which form |
//! | [`capture`] | the bytes of each response, for nginx |
//! | [`script`] | the requests of the load generator, and the check of each response |
//! | [`result`] | what was measured |
//! | [`summary`] | the results as a table, and the targets |

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use xtask::progress;
use xtask::services::Nginx;

use super::environment::Benchmark;
use super::load_generator::{self, LoadProfile};
use super::machine::{CpuTime, Processes};
use super::server::{SeedAmounts, Server};
use super::statistics::{Latencies, quotient, rate};
use requests::CONNECTIONS;
use result::{PageResult, Responses};
use script::RepeatedRequests;

mod capture;
mod requests;
pub mod result;
mod script;
pub mod summary;

/// The name of the scenario and of its database.
pub const NAME: &str = "pages";
/// How long server and nginx answer before they are measured.
const WARM_UP: Duration = Duration::from_millis(250);
/// The rows of the database: as many as a busy installation has, and more than fit in one list.
const ROWS: SeedAmounts = SeedAmounts {
    users: 1_000,
    competitions: 1_000,
    capacity: 100,
    registrations: 50_000,
};

/// Starts the server and nginx, and measures each page in each form.
///
/// # Errors
/// Returns an error if a response has another status or content than it should.
pub fn measure(benchmark: &Benchmark<'_>) -> Result<Vec<PageResult>> {
    let databases = benchmark.databases();
    databases.create(NAME)?;
    let installation = benchmark.installation(NAME);
    let seeded = installation.seed(ROWS)?;
    databases.vacuum_and_checkpoint(NAME)?;
    let server = Server::start(&installation, &["serve"])?;
    let subjects = capture::subjects(server.address, &seeded)?;
    let files: Vec<_> = subjects.iter().map(|it| it.file.clone()).collect();
    // As many as the server may use.
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let nginx = Nginx::start(&files, workers)?;
    let services = benchmark.services;
    let server_side = Side {
        address: server.address,
        processes: Processes {
            servers: vec![server.pid()],
            postgres: services.postgres.pid(),
            redis: services.redis.pid(),
        },
    };
    let nginx_side = Side {
        address: nginx.address(),
        processes: Processes {
            servers: vec![nginx.pid()],
            ..Processes::default()
        },
    };
    let (rounds, slice) = match benchmark.quick {
        true => (2, Duration::from_millis(250)),
        false => (6, Duration::from_millis(500)),
    };
    let mut results = Vec::new();
    for subject in &subjects {
        let mut measured = [
            Measured::new(&server_side, RepeatedRequests::new(&subject.to_server)),
            Measured::new(&nginx_side, RepeatedRequests::new(&subject.to_nginx)),
        ];
        for one in &mut measured {
            one.run(WARM_UP)?;
            one.forget();
        }
        for _ in 0..rounds {
            for one in &mut measured {
                one.run(slice)?;
            }
        }
        let [server, nginx] = measured;
        let rounds = server.rates.iter().zip(&nginx.rates);
        let ratios: Vec<f64> = rounds.map(|(a, b)| quotient(*a, *b)).collect();
        let [server, nginx] = [server, nginx].map(Measured::into_responses);
        let result = PageResult {
            page: subject.page,
            document: subject.document,
            visitor: subject.visitor,
            form: subject.form,
            bytes: subject.file.content.len(),
            of_nginx: quotient(server.per_second, nginx.per_second),
            of_nginx_range: (
                ratios.iter().copied().fold(f64::INFINITY, f64::min),
                ratios.iter().copied().fold(0.0, f64::max),
            ),
            of_nginx_by_cpu: quotient(nginx.cpu(), server.cpu()),
            server,
            nginx,
        };
        progress::note(format_args!(
            "{}, {}, {}: {:.0}/s, {:.2} of nginx",
            result.page,
            result.visitor.label(),
            result.form.label(),
            result.server.per_second,
            result.of_nginx
        ));
        results.push(result);
    }
    drop(nginx);
    server.stop()?;
    databases.drop_database(NAME)?;
    Ok(results)
}

/// One of the two programs that respond.
struct Side {
    address: SocketAddr,
    processes: Processes,
}

/// What was measured of one program so far.
struct Measured<'a> {
    side: &'a Side,
    script: RepeatedRequests<'a>,
    responses: usize,
    elapsed: Duration,
    /// Processor time in seconds.
    cpu: CpuTime,
    latencies: Latencies,
    /// The responses per second of each round.
    rates: Vec<f64>,
}

impl<'a> Measured<'a> {
    fn new(side: &'a Side, script: RepeatedRequests<'a>) -> Self {
        Self {
            side,
            script,
            responses: 0,
            elapsed: Duration::ZERO,
            cpu: CpuTime::default(),
            latencies: Latencies::default(),
            rates: Vec::new(),
        }
    }

    /// Sends requests for a while.
    ///
    /// # Errors
    /// Returns an error if a response was wrong or missing.
    fn run(&mut self, duration: Duration) -> Result<()> {
        let profile = LoadProfile {
            servers: vec![self.side.address],
            connections: CONNECTIONS,
            duration,
            rate: None,
        };
        let before = self.side.processes.cpu_time();
        let load = load_generator::run(&profile, &mut self.script)?;
        let used = self.side.processes.cpu_time().since(before, 1.0);
        self.script
            .outcome(load.errors())
            .with_context(|| format!("{} sent a wrong response", self.side.address))?;
        let responses = load.latencies.count();
        self.responses += responses;
        self.elapsed += load.elapsed;
        self.cpu = self.cpu.plus(used);
        self.rates.push(rate(responses, load.elapsed));
        self.latencies.append(load.latencies);
        Ok(())
    }

    /// Forgets what was measured, but not what the script knows.
    fn forget(&mut self) {
        let script = std::mem::take(&mut self.script);
        *self = Self::new(self.side, script);
    }

    fn into_responses(self) -> Responses {
        #[allow(clippy::cast_precision_loss, reason = "counts of a benchmark")]
        let us_per_response = 1e6 / self.responses.max(1) as f64;
        Responses {
            per_second: rate(self.responses, self.elapsed),
            latency_ms: self.latencies.percentiles(),
            cpu_us: self.cpu.since(CpuTime::default(), us_per_response),
        }
    }
}
