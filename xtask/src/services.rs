//! Throw-away PostgreSQL, Redis and nginx servers. Each has its own temporary directory and a free port of
//! 127.0.0.1, and is stopped and removed when its value is dropped. Any number of them can run at
//! the same time, beside other servers of the machine.
//!
//! PostgreSQL and Redis can be stopped and restarted under the same address, so that a test or a
//! benchmark can simulate an outage.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::packages;
use crate::process::{self, Child};
use crate::progress;

mod nginx;
mod postgres;
mod redis;
mod server;

pub use nginx::{Nginx, StaticFile};
pub use postgres::{Durability, Postgres};
pub use redis::Redis;
pub use server::free_ports;

#[derive(clap::Args)]
pub struct Args {
    /// Keep committed data if the machine crashes (fsync), which is slower
    #[arg(long)]
    durable: bool,
    /// Run this command with the services' variables, and then stop the services
    #[arg(last = true)]
    command: Vec<OsString>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let durability = if args.durable {
        Durability::Durable
    } else {
        Durability::NonDurable
    };
    let services = Services::start_for_tests(durability)?;
    let Some((program, arguments)) = args.command.split_first() else {
        for (name, value) in services.env() {
            println!("{name}={}", value.to_string_lossy());
        }
        progress::note("running until Ctrl-C");
        return services.wait_for_interrupt();
    };
    let mut command = Command::new(program);
    command.args(arguments).envs(services.env());
    let status = Child::spawn_in_foreground(&mut command)?.wait()?;
    Ok(ExitCode::from(process::exit_code(status)))
}

/// One PostgreSQL and one Redis. Dropping the value stops and removes both.
pub struct Services {
    pub postgres: Postgres,
    pub redis: Redis,
    /// The Python with which tests start mail relays.
    smtp_python: Option<PathBuf>,
    /// The nginx that tests start as a shared cache.
    nginx: Option<PathBuf>,
}

impl Services {
    /// Installs the programs if they are missing, and starts both services.
    pub fn start(durability: Durability) -> Result<Self> {
        packages::provide(&[&packages::POSTGRES, &packages::REDIS])?;
        Ok(Self {
            postgres: progress::step("PostgreSQL", || Postgres::start(durability))?,
            redis: progress::step("Redis", Redis::start)?,
            smtp_python: None,
            nginx: None,
        })
    }

    /// Works like [`start`](Self::start), and also provides the programs that tests start
    /// themselves.
    pub fn start_for_tests(durability: Durability) -> Result<Self> {
        packages::provide(&[
            &packages::POSTGRES,
            &packages::REDIS,
            &packages::SMTP,
            &packages::NGINX,
        ])?;
        Ok(Self {
            smtp_python: Some(packages::located(&packages::SMTP)?),
            nginx: Some(packages::located(&packages::NGINX)?),
            ..Self::start(durability)?
        })
    }

    /// Returns the environment variables by which tests find the services.
    pub fn env(&self) -> Vec<(&'static str, OsString)> {
        let mut env: Vec<(&'static str, OsString)> = vec![
            ("TEST_POSTGRES_URL", self.postgres.url("postgres").into()),
            ("TEST_POSTGRES_BIN", self.postgres.bin_dir().into()),
            ("TEST_REDIS_URL", self.redis.url().into()),
            ("TEST_REDIS_SERVER", self.redis.program().into()),
        ];
        let python = self.smtp_python.as_ref();
        env.extend(python.map(|python| ("TEST_SMTP_PYTHON", python.into())));
        let nginx = self.nginx.as_ref();
        env.extend(nginx.map(|nginx| ("TEST_NGINX", nginx.into())));
        env
    }

    /// Waits for an interrupt.
    ///
    /// # Errors
    /// Returns an error if a service ends by itself.
    fn wait_for_interrupt(mut self) -> Result<ExitCode> {
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
