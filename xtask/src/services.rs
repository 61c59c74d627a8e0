//! PostgreSQL and Redis to throw away: each in a directory of its own under the system's temporary
//! one, on a free port of 127.0.0.1, ended and removed with the value that stands for it. Any number
//! of them live beside each other and beside whatever the machine runs already.
//!
//! Both can be stopped, crashed and started again under the same address, so that a test or a
//! benchmark can take one away from the application for a while.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::packages;
use crate::process::{self, Child};
use crate::progress;

mod postgres;
mod redis;
mod server;

pub use postgres::{Durability, Postgres};
pub use redis::Redis;
pub use server::free_ports;

#[derive(clap::Args)]
pub struct Args {
    /// Keep PostgreSQL's promises across a crash of the machine (fsync), at the price of speed
    #[arg(long)]
    durable: bool,
    /// Run this command with the variables set, then stop the services
    #[arg(last = true)]
    command: Vec<OsString>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let durability = if args.durable {
        Durability::Kept
    } else {
        Durability::Forgone
    };
    let services = Services::start_for_tests(durability)?;
    let Some((program, arguments)) = args.command.split_first() else {
        for (name, value) in services.env() {
            println!("{name}={}", value.to_string_lossy());
        }
        progress::note("running until Ctrl-C");
        return services.stand_by();
    };
    let mut command = Command::new(program);
    command.args(arguments).envs(services.env());
    let status = Child::spawn_in_our_place(&mut command)?.wait()?;
    Ok(ExitCode::from(process::exit_code(status)))
}

/// One PostgreSQL and one Redis. Dropped, both are gone.
pub struct Services {
    pub postgres: Postgres,
    pub redis: Redis,
    /// The Python with which tests start a mail relay each, of the kind they need.
    smtp_python: Option<PathBuf>,
}

impl Services {
    /// Gets the programs where they are missing, and starts both.
    pub fn start(durability: Durability) -> Result<Self> {
        packages::provide(&[&packages::POSTGRES, &packages::REDIS])?;
        Ok(Self {
            postgres: progress::step("PostgreSQL", || Postgres::start(durability))?,
            redis: progress::step("Redis", Redis::start)?,
            smtp_python: None,
        })
    }

    /// The same, with what tests start themselves.
    pub fn start_for_tests(durability: Durability) -> Result<Self> {
        packages::provide(&[&packages::POSTGRES, &packages::REDIS, &packages::SMTP])?;
        Ok(Self {
            smtp_python: Some(packages::located(&packages::SMTP)?),
            ..Self::start(durability)?
        })
    }

    /// What a test needs to know of them.
    pub fn env(&self) -> Vec<(&'static str, OsString)> {
        let mut env: Vec<(&'static str, OsString)> = vec![
            ("TEST_POSTGRES_URL", self.postgres.url("postgres").into()),
            ("TEST_POSTGRES_BIN", self.postgres.bin_dir().into()),
            ("TEST_REDIS_URL", self.redis.url().into()),
            ("TEST_REDIS_SERVER", self.redis.program().into()),
        ];
        let python = self.smtp_python.as_ref();
        env.extend(python.map(|python| ("TEST_SMTP_PYTHON", python.into())));
        env
    }

    /// Waits for an interrupt, or for one of the two to end by itself, which is an error.
    fn stand_by(mut self) -> Result<ExitCode> {
        loop {
            if !self.postgres.is_running() || !self.redis.is_running() {
                bail!("a service ended by itself");
            }
            if process::pause(Duration::from_millis(500)).is_err() {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}
