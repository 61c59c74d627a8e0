//! The environment of a scenario: a seeded database for the scenario alone, the servers that use
//! it, and the measurement of a load on them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::consistency::{self, SeatTotals};
use super::database::Databases;
use super::load_generator::{self, LoadProfile, LoadResult, Script};
use super::machine::Processes;
use super::scenario_result::ScenarioResult;
use super::scripts::{RegisterAll, RegistrationRequests, ResponseTally};
use super::server::{Installation, SeedAmounts, Seeded, Server};
use super::statistics::{BatchSizes, rate};
use xtask::progress;
use xtask::services::Services;

/// What all scenarios of a run share.
pub struct Benchmark<'a> {
    pub services: &'a Services,
    pub program: PathBuf,
    pub dir: PathBuf,
    pub quick: bool,
}

/// The number of connections of the load generator.
pub const CONNECTIONS: usize = 256;
/// How long a load runs before the measurement, so that connections, prepared statements and memory
/// are in a steady state.
const WARM_UP: Duration = Duration::from_millis(1500);

impl Benchmark<'_> {
    pub fn databases(&self) -> Databases<'_> {
        Databases(&self.services.postgres)
    }

    /// Returns how long a measurement takes.
    pub fn duration(&self) -> Duration {
        Duration::from_secs(if self.quick { 4 } else { 12 })
    }

    /// Returns a number of accounts that no warm-up and measurement exhausts.
    pub fn accounts(&self) -> usize {
        if self.quick { 40_000 } else { 100_000 }
    }

    /// Returns an installation on PostgreSQL and Redis. `name` is its database and its prefix in
    /// Redis.
    pub fn installation(&self, name: &str) -> Installation {
        Installation {
            program: self.program.clone(),
            database_url: self.services.postgres.url(name),
            redis: Some((self.services.redis.url(), name.to_owned())),
            dir: self.dir.clone(),
            settings: Vec::new(),
        }
    }

    /// Creates and seeds the database of a scenario, and starts its servers.
    pub fn prepare(&self, setup: Setup) -> Result<Environment<'_>> {
        let installation = if setup.embedded {
            let file = self.dir.join(format!("{}.db", setup.name));
            Installation {
                database_url: format!("sqlite://{}?mode=rwc", file.display()),
                redis: None,
                ..self.installation(setup.name)
            }
        } else {
            self.databases().create(setup.name)?;
            self.installation(setup.name)
        };
        let seeded = installation.seed(SeedAmounts {
            users: setup.accounts,
            competitions: setup.competitions,
            // Each competition has a seat for every account, so that no registration is refused.
            capacity: setup.accounts,
            registrations: 0,
        })?;
        if !setup.embedded {
            self.databases().vacuum_and_checkpoint(setup.name)?;
        }
        let requests = RegistrationRequests::new(&seeded)?;
        let servers = (0..setup.servers)
            .map(|_| Server::start(&installation, setup.arguments))
            .collect::<Result<Vec<_>>>()?;
        Ok(Environment {
            benchmark: self,
            setup,
            installation,
            seeded,
            requests,
            servers,
        })
    }
}

/// What a scenario needs.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// The name of the scenario and of its database.
    pub name: &'static str,
    pub accounts: usize,
    pub competitions: usize,
    pub servers: usize,
    /// Whether the server uses SQLite and the ports in memory.
    pub embedded: bool,
    /// The arguments of each server process.
    pub arguments: &'static [&'static str],
}

/// The database and the running servers of a scenario.
pub struct Environment<'a> {
    pub benchmark: &'a Benchmark<'a>,
    pub setup: Setup,
    pub installation: Installation,
    pub seeded: Seeded,
    pub requests: RegistrationRequests,
    pub servers: Vec<Server>,
}

/// A load whose effect is measured.
pub struct Measurement {
    pub result: ScenarioResult,
    /// The time of the last response.
    pub ended: Instant,
    /// The number of requests without a response, or with one that leaves the outcome open.
    pub unanswered: usize,
}

/// What a scenario counts as its throughput.
#[derive(Debug, Clone, Copy)]
pub enum Counted {
    /// Accounts that received a seat.
    Accepted,
    /// Responses that were replayed.
    Replayed,
}

impl Counted {
    fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Replayed => "replayed",
        }
    }

    fn of(self, responses: &ResponseTally) -> usize {
        match self {
            Self::Accepted => responses.accepted,
            Self::Replayed => responses.replayed,
        }
    }
}

impl Environment<'_> {
    /// Returns the usual load: a closed loop on all servers.
    pub fn profile(&self, duration: Duration) -> LoadProfile {
        LoadProfile {
            servers: self.servers.iter().map(|server| server.address).collect(),
            connections: CONNECTIONS,
            duration,
            rate: None,
        }
    }

    /// Runs the script until the servers are in a steady state.
    pub fn warm_up(&self, script: &mut impl Script) -> Result<LoadResult> {
        load_generator::run(&self.profile(WARM_UP), script)
    }

    /// Runs a load and measures throughput, latency, processor time and memory.
    pub fn measure<S: Script>(
        &self,
        counted: Counted,
        profile: &LoadProfile,
        script: &mut S,
        responses: impl Fn(&S) -> &ResponseTally,
    ) -> Result<Measurement> {
        let services = &self.benchmark.services;
        let processes = Processes {
            servers: self.servers.iter().map(Server::pid).collect(),
            postgres: services.postgres.pid(),
            redis: services.redis.pid(),
        };
        let counted_before = counted.of(responses(script));
        let refused_before = responses(script).refused;
        let cpu_before = processes.cpu_time();
        let load = load_generator::run(profile, script)?;
        let cpu_after = processes.cpu_time();
        let responses = responses(script);
        let errors = load.errors();
        #[allow(clippy::cast_precision_loss, reason = "counts of a benchmark")]
        let us_per_response = 1e6 / load.latencies.count().max(1) as f64;
        let seconds = load.elapsed.as_secs_f64();
        let metrics = self.servers.iter().map(Server::metrics);
        let result = ScenarioResult {
            name: self.setup.name,
            counted: counted.label(),
            per_second: rate(counted.of(responses) - counted_before, load.elapsed),
            latency_ms: load.latencies.percentiles(),
            errors,
            refused: responses.refused - refused_before,
            batch_sizes: BatchSizes::parse(&metrics.collect::<Result<Vec<_>>>()?),
            memory_mib: processes.resident_memory().1,
            cpu_us: cpu_after.since(cpu_before, us_per_response),
            other_cores: cpu_after.since(cpu_before, 1.0 / seconds.max(0.001)).other,
            details: BTreeMap::new(),
            violations: Vec::new(),
        };
        progress::note(format_args!(
            "{}: {:.0} {}/s, p99 {:.0} ms",
            result.name, result.per_second, result.counted, result.latency_ms.p99
        ));
        Ok(Measurement {
            result,
            ended: load.ended,
            unanswered: errors,
        })
    }

    /// Compares the responses with the database, and adds contradictions to `result`.
    pub fn check(
        &self,
        result: &mut ScenarioResult,
        responses: &ResponseTally,
        unanswered: usize,
    ) -> Result<SeatTotals> {
        let totals = if self.setup.embedded {
            let server = self.servers.first().context("no server")?;
            consistency::read_from_api(server.address, &self.seeded)?
        } else {
            consistency::read_from_postgres(self.benchmark.databases(), self.setup.name)?
        };
        let violations = consistency::violations(totals, responses, unanswered);
        result.violations.extend(violations);
        if result.refused > 0 {
            result.violations.push(format!(
                "{} registrations were refused although seats were free",
                result.refused
            ));
        }
        Ok(totals)
    }

    /// Stops the servers and drops the database.
    pub fn tear_down(self) -> Result<()> {
        for server in self.servers {
            server.stop()?;
        }
        if !self.setup.embedded {
            self.benchmark.databases().drop_database(self.setup.name)?;
        }
        Ok(())
    }

    /// Returns a script in which each account registers, with `copies` equal requests.
    pub fn register_all(&self, copies: usize) -> RegisterAll<'_> {
        RegisterAll::new(&self.requests, copies)
    }
}
