//! Where a scenario plays: a database of its own, seeded and settled, and servers on it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::check::{self, Books};
use super::database::Databases;
use super::figures::{Batches, rate};
use super::load::{self, Load, Outcome, Script};
use super::machine::Watch;
use super::report::Row;
use super::rush::{Crowd, Rush, Told};
use super::server::{Amounts, Place, Seeded, Server};
use xtask::progress;
use xtask::services::Services;

/// What all scenarios share.
pub struct House<'a> {
    pub services: &'a Services,
    pub program: PathBuf,
    pub dir: PathBuf,
    pub quick: bool,
}

/// How many clients ask at the same time.
pub const CLIENTS: usize = 256;
/// How long the servers run before it counts: connections, prepared statements, memory.
const WARM_UP: Duration = Duration::from_millis(1500);

impl House<'_> {
    pub fn databases(&self) -> Databases<'_> {
        Databases(&self.services.postgres)
    }

    /// How long a measurement takes.
    pub fn time(&self) -> Duration {
        Duration::from_secs(if self.quick { 4 } else { 12 })
    }

    /// People enough for warming up and measuring, however fast we are.
    pub fn people(&self) -> usize {
        if self.quick { 40_000 } else { 100_000 }
    }

    /// A place for servers on PostgreSQL and Redis.
    pub fn place(&self, name: &str) -> Place {
        Place {
            program: self.program.clone(),
            database_url: self.services.postgres.url(name),
            redis: Some((self.services.redis.url(), name.to_owned())),
            dir: self.dir.clone(),
            settings: Vec::new(),
        }
    }

    /// Creates and seeds the database of a scenario, and starts its servers.
    pub fn stage(&self, setup: Setup) -> Result<Stage<'_>> {
        let place = if setup.embedded {
            let file = self.dir.join(format!("{}.db", setup.name));
            Place {
                database_url: format!("sqlite://{}?mode=rwc", file.display()),
                redis: None,
                ..self.place(setup.name)
            }
        } else {
            self.databases().create(setup.name)?;
            self.place(setup.name)
        };
        let seeded = place.seed(Amounts {
            users: setup.people,
            competitions: setup.competitions,
            // Nobody is to be refused, and every competition could take them all.
            capacity: setup.people,
            registrations: 0,
        })?;
        if !setup.embedded {
            self.databases().settle(setup.name)?;
        }
        let crowd = Crowd::new(&seeded)?;
        let servers = (0..setup.servers)
            .map(|_| Server::start(&place, setup.arguments))
            .collect::<Result<Vec<_>>>()?;
        Ok(Stage {
            house: self,
            setup,
            place,
            seeded,
            crowd,
            servers,
        })
    }
}

/// What a scenario needs.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Of the scenario; its database is called so too.
    pub name: &'static str,
    pub people: usize,
    pub competitions: usize,
    pub servers: usize,
    pub embedded: bool,
    pub arguments: &'static [&'static str],
}

pub struct Stage<'a> {
    pub house: &'a House<'a>,
    pub setup: Setup,
    pub place: Place,
    pub seeded: Seeded,
    pub crowd: Crowd,
    pub servers: Vec<Server>,
}

/// What a load was found to do.
pub struct Measured {
    pub row: Row,
    /// When the last answer came.
    pub ended: Instant,
    /// Requests without an answer that says yes or no.
    pub unanswered: usize,
}

impl Stage<'_> {
    /// The usual crowd at all servers, as fast as it goes.
    pub fn load(&self, time: Duration) -> Load {
        Load {
            servers: self.servers.iter().map(|server| server.address).collect(),
            connections: CLIENTS,
            time,
            rate: None,
        }
    }

    /// Lets the servers come to full speed.
    pub fn warm_up(&self, script: &mut impl Script) -> Result<Outcome> {
        load::run(&self.load(WARM_UP), script)
    }

    /// Runs a load; `count` says how many answers are of the kind that counts.
    pub fn measure<S: Script>(
        &self,
        unit: &'static str,
        load: &Load,
        script: &mut S,
        count: impl Fn(&S) -> &Told,
    ) -> Result<Measured> {
        let counted = |told: &Told| match unit {
            "replayed" => told.replayed,
            _ => told.accepted,
        };
        let services = &self.house.services;
        let watch = Watch {
            servers: self.servers.iter().map(Server::pid).collect(),
            postgres: services.postgres.pid(),
            redis: services.redis.pid(),
        };
        let before = (counted(count(script)), count(script).refused, watch.now());
        let outcome = load::run(load, script)?;
        let after = watch.now();
        let told = count(script);
        let answers = outcome.latencies.count();
        let errors = outcome.errors();
        #[allow(clippy::cast_precision_loss, reason = "counts of a benchmark")]
        let per_answer = 1e6 / answers.max(1) as f64;
        let seconds = outcome.elapsed.as_secs_f64();
        let figures = self.servers.iter().map(Server::figures);
        let row = Row {
            name: self.setup.name,
            unit,
            per_second: rate(counted(told) - before.0, outcome.elapsed),
            latency_ms: outcome.latencies.percentiles(),
            errors,
            refused: told.refused - before.1,
            batches: Batches::read(&figures.collect::<Result<Vec<_>>>()?),
            resident: watch.resident().1,
            cpu_us: after.since(before.2, per_answer),
            others: after.since(before.2, 1.0 / seconds.max(0.001)).others,
            more: BTreeMap::new(),
            wrong: Vec::new(),
        };
        progress::note(format_args!(
            "{}: {:.0} {unit}/s, p99 {:.0} ms",
            row.name, row.per_second, row.latency_ms.p99
        ));
        Ok(Measured {
            row,
            ended: outcome.ended,
            unanswered: errors,
        })
    }

    /// Compares what people were told with what stands in the database.
    pub fn check(&self, row: &mut Row, told: &Told, unanswered: usize) -> Result<Books> {
        let books = if self.setup.embedded {
            let server = self.servers.first().context("no server")?;
            check::in_embedded(server.address, &self.seeded)?
        } else {
            check::in_postgres(self.house.databases(), self.setup.name)?
        };
        row.wrong.extend(check::verdict(books, told, unanswered));
        if row.refused > 0 {
            let wrong = format!("{} were refused while seats were left", row.refused);
            row.wrong.push(wrong);
        }
        Ok(books)
    }

    /// Ends the servers, and the database.
    pub fn close(self) -> Result<()> {
        for server in self.servers {
            server.stop()?;
        }
        if !self.setup.embedded {
            self.house.databases().discard(self.setup.name)?;
        }
        Ok(())
    }

    /// Everybody of the stage's crowd, each so many times.
    pub fn rush(&self, copies: usize) -> Rush<'_> {
        Rush::new(&self.crowd, copies)
    }
}
