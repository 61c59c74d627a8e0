//! `cargo xtask test`: runs all tests with everything that they need.
//!
//! Each step gets these environment variables:
//!
//! | variable | for | what |
//! | --- | --- | --- |
//! | `TEST_POSTGRES_URL` | integration, browser | URL of the database `postgres`, with the superuser's name |
//! | `TEST_POSTGRES_BIN` | integration, browser | directory of `pg_ctl`, `psql`, … |
//! | `TEST_REDIS_URL` | integration, browser | URL |
//! | `TEST_REDIS_SERVER` | integration, browser | path of `redis-server` |
//! | `TEST_SMTP_PYTHON` | integration, browser | path of a Python that has `aiosmtpd` |
//! | `TEST_NGINX` | integration | path of the program `nginx` |
//! | `SITE_ROOT` | integration, browser | the built site |
//! | `MINI_COMPETE_BIN` | browser | path of the application |
//! | `CHROMIUM` | browser | path of the browser |
//!
//! After a failed step the next one still runs. The names of failed tests are repeated at the end, since
//! a log is often kept by its end only. The last line of standard output has the totals of all runners.
//! The exit code is zero only if tests ran in every step and none failed.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::contract;
use crate::node;
use crate::orphans;
use crate::packages;
use crate::process;
use crate::progress;
use crate::services::{Durability, Services};
use crate::site;
use crate::tally::Tally;
use crate::wasm_target::Via;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub struct Args {
    /// Run these kinds only
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Kind>,
    /// Arguments of the test runners: names of tests, or options
    #[arg(last = true)]
    filter: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Tests beside the code, and examples in the documentation
    Unit,
    /// tests/: the application against SQLite and memory, and against PostgreSQL and Redis
    Integration,
    /// end2end/: Chromium against the built application
    Browser,
    /// contract/: generated requests and generated clients, checked against the OpenAPI document
    Contract,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Unit, Self::Integration, Self::Browser, Self::Contract];

    fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit tests",
            Self::Integration => "integration tests",
            Self::Browser => "browser tests",
            Self::Contract => "contract tests",
        }
    }
}

type Env = Vec<(&'static str, OsString)>;

pub fn run(workspace: &Workspace, via: Option<Via>, args: &Args) -> Result<ExitCode> {
    orphans::adopt();
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| args.only.is_empty() || args.only.contains(kind))
        .collect();

    let mut env = Env::new();
    let mut services = None;
    if kinds != [Kind::Unit] {
        if kinds.contains(&Kind::Browser) {
            packages::provide(&[
                &packages::POSTGRES,
                &packages::REDIS,
                &packages::SMTP,
                &packages::NGINX,
                &packages::NODE,
                &packages::CHROMIUM,
            ])?;
            if std::env::var_os("UPDATE_SCREENSHOTS").is_some() {
                packages::provide(&[&packages::JAPANESE_FONT])?;
            }
        }
        let services = services.insert(Services::start_for_tests(Durability::NonDurable)?);
        if kinds != [Kind::Contract] {
            let mut programs = workspace.cargo();
            programs.args(["test", "--workspace", "--locked", "--no-run"]);
            if let Err(error) = site::build(workspace, via, false, Some(programs)) {
                process::check_interrupted()?;
                eprintln!("xtask: {error:#}");
                println!("{}", Tally::BROKEN);
                return Ok(ExitCode::FAILURE);
            }
        }
        env.extend(services.env());
        env.push(("SITE_ROOT", workspace.site().into()));
    }

    let mut total = Tally::default();
    let mut complete = true;
    for kind in kinds {
        let start = progress::elapsed();
        let result = progress::step(kind.name(), || match kind {
            Kind::Unit => unit(workspace, args),
            Kind::Integration => cargo_test(workspace, &["--test", "*"], &args.filter, &env),
            Kind::Browser => browser(workspace, args, &env),
            Kind::Contract => match &services {
                // Contract tests cannot be selected by name.
                Some(services) if args.filter.is_empty() => contract::run(workspace, services),
                _ => Ok(Tally::default()),
            },
        });
        process::check_interrupted()?;
        let tally = result.unwrap_or_else(|error| {
            eprintln!("xtask: {}: {error:#}", kind.name());
            Tally::BROKEN
        });
        eprintln!(
            "    {}: {} ran, {} failed, {} skipped ({:.1} s)",
            kind.name(),
            tally.ran(),
            tally.failed,
            tally.skipped,
            (progress::elapsed() - start).as_secs_f64(),
        );
        // With a filter it is normal that one kind has no test.
        if tally.ran() == 0 && args.filter.is_empty() {
            eprintln!(
                "xtask: {}: no test ran, which counts as a failure",
                kind.name()
            );
            complete = false;
        }
        total += tally;
    }
    drop(services);
    for name in &total.failures {
        eprintln!("xtask: failed: {name}");
    }
    println!("{total}");
    let success = complete && total.failed == 0 && total.passed > 0;
    Ok(if success {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn unit(workspace: &Workspace, args: &Args) -> Result<Tally> {
    let mut tally = cargo_test(workspace, &["--lib", "--bins"], &args.filter, &Env::new())?;
    tally += cargo_test(workspace, &["--doc"], &args.filter, &Env::new())?;
    Ok(tally)
}

/// Runs some kind of tests of the whole workspace. Since every call selects the whole workspace,
/// the features of the dependencies are the same, and nothing is compiled twice.
fn cargo_test(
    workspace: &Workspace,
    selection: &[&str],
    filter: &[String],
    env: &Env,
) -> Result<Tally> {
    let mut command = workspace.cargo();
    command
        .args(["test", "--workspace", "--locked", "--no-fail-fast"])
        .args(selection)
        .arg("--")
        .args(filter)
        .envs(env.iter().map(|(name, value)| (name, value)));
    let mut tally = Tally::default();
    let status = process::stream(&mut command, |line| tally.add_libtest_line(line))?;
    process::check_interrupted()?;
    Ok(tally.with_outcome(status.success()))
}

fn browser(workspace: &Workspace, args: &Args, env: &Env) -> Result<Tally> {
    let dir = workspace.path("end2end");
    for file in ["package.json", "package-lock.json"] {
        if !dir.join(file).is_file() {
            bail!("end2end/{file} does not exist");
        }
    }
    workspace.build_application()?;
    node::install(&dir)?;

    let report = tempfile::NamedTempFile::new()?;
    let mut command = Command::new(node::provide(workspace)?);
    command
        .current_dir(&dir)
        .args(["node_modules/@playwright/test/cli.js", "test"])
        .arg("--reporter=list,json")
        .args(&args.filter)
        .envs(env.iter().map(|(name, value)| (name, value)))
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", report.path())
        .env("MINI_COMPETE_BIN", workspace.binary("debug"))
        .env("CHROMIUM", packages::located(&packages::CHROMIUM)?);
    if !args.filter.is_empty() && args.only != [Kind::Browser] {
        command.arg("--pass-with-no-tests");
    }
    let status = process::stream(&mut command, |_| {})?;
    process::check_interrupted()?;
    let report = std::fs::read_to_string(report.path())?;
    if report.is_empty() {
        bail!("Playwright ended with {status} and without a report");
    }
    Ok(Tally::from_playwright(&report)?.with_outcome(status.success()))
}
