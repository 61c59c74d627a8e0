//! `cargo xtask bench`: measures the server on one small machine in the minute in which
//! registration opens.
//!
//! It starts a throw-away PostgreSQL (with `fsync`) and Redis, the release build of the server, and
//! a load generator whose accounts are seeded and whose tokens are signed in advance. In the same
//! run `pgbench` measures upper bounds for this machine ([`ceiling`]), because absolute numbers of
//! a shared machine say little, ratios say more, and processor time per response says most. After
//! each scenario the database is compared with the responses ([`consistency`]); a contradiction
//! fails the run.
//!
//! | modules | contents |
//! | --- | --- |
//! | [`growth`] | what a list costs as the number of competitions grows |
//! | [`scenario`], [`environment`] | the scenarios, and the servers and databases that they use |
//! | [`load_generator`], [`scripts`], [`streams`] | the load |
//! | [`machine`], [`xtask::app`] | processor time and memory; the server under test |
//! | [`opening`] | the opening second, with thousands of open pages |
//! | [`pages`] | documents and the API beside nginx with the same bytes |
//! | [`memory`] | the scenarios about memory, and their visitors |
//! | [`ceiling`], [`consistency`] | what the results are compared with |
//! | [`scenario_result`], [`statistics`], [`report`], [`target`], [`table`] | results, percentiles and rates; JSON, targets and tables |

#![allow(
    clippy::print_stdout,
    reason = "a command-line tool: results go to standard output, progress to standard error"
)]

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};
use clap::Parser;
use xtask::app::database::Databases;
use xtask::app::{database, http, server, token};
use xtask::packages;
use xtask::process;
use xtask::progress;
use xtask::services::{Durability, Services};
use xtask::workspace::{APP, Workspace};

mod ceiling;
mod consistency;
pub mod environment;
mod growth;
mod load_generator;
mod machine;
mod memory;
mod opening;
mod pages;
mod report;
mod scenario;
mod scenario_result;
mod scripts;
pub mod statistics;
mod streams;
mod table;
mod target;
use environment::Benchmark;
pub use report::Report;

/// The name of the measurement of PostgreSQL alone.
const CEILING: &str = "ceiling";

#[derive(Parser)]
#[command(
    name = "cargo xtask bench",
    about = "Measures the release server under load, beside what PostgreSQL alone does on this machine"
)]
struct Args {
    /// Measure a third as long and with a fifth of the streams, to see whether everything works
    #[arg(long)]
    quick: bool,
    /// Run only this scenario (may be given several times): ceiling, hot, spread, duplicates,
    /// replays, two, embedded, streams, backlog, latency, reminders, opening, pages, idle, aborts;
    /// memory stands for idle, streams and aborts; growth runs only if it is named
    #[arg(long, value_name = "NAME", value_parser = scenario_name)]
    only: Vec<String>,
    /// Write all results to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// For how many minutes the scenario aborts views pages
    #[arg(long, value_name = "MINUTES")]
    minutes: Option<f64>,
    /// Measure this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Accepts the names of the scenarios, of the ceilings, and of the group of scenarios about memory.
fn scenario_name(name: &str) -> Result<String, String> {
    let known = [
        &[
            CEILING,
            opening::NAME,
            pages::NAME,
            growth::NAME,
            memory::GROUP,
        ],
        &scenario::NAMES[..],
        &memory::NAMES,
    ]
    .concat();
    if known.contains(&name) {
        Ok(name.to_owned())
    } else {
        Err(format!("one of: {}", known.join(", ")))
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    xtask::run(|workspace| run(workspace, &args))
}

fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let program = match &args.program {
        Some(program) => program.canonicalize()?,
        None => build(workspace)?,
    };
    let files = machine::raise_open_files();
    if files < 12_000 {
        progress::note(format_args!(
            "only {files} open files are allowed: 10,000 streams need more"
        ));
    }
    let mut report = Report {
        date: process::output(Command::new("date").args(["-u", "+%F %R UTC"]))?
            .trim()
            .to_owned(),
        commit: commit(workspace),
        machine: machine::describe(),
        quick: args.quick,
        ceilings: None,
        scenarios: Vec::new(),
        pages: Vec::new(),
        targets: Vec::new(),
    };
    let selected = |name: &str| {
        let mut only = args.only.iter();
        args.only.is_empty() || only.any(|only| only == name || memory::selects(only, name))
    };
    if selected(pages::NAME) {
        packages::provide(&[&packages::NGINX])?;
    }
    let services = start_services()?;
    let dir = tempfile::Builder::new()
        .prefix("mini-compete-bench-")
        .tempdir()?;
    let benchmark = Benchmark {
        services: &services,
        program,
        dir: dir.path().to_path_buf(),
        quick: args.quick,
    };
    if selected(CEILING) {
        let ceilings = progress::step(CEILING, || {
            let migrate = |name: &str| benchmark.installation(name).migrate();
            ceiling::measure(benchmark.databases(), migrate, dir.path(), args.quick)
        })?;
        report.ceilings = Some(ceilings);
    }
    for name in scenario::NAMES.into_iter().filter(|name| selected(name)) {
        report
            .scenarios
            .push(progress::step(name, || scenario::run(&benchmark, name))?);
    }
    if selected(opening::NAME) {
        report
            .scenarios
            .push(progress::step(opening::NAME, || opening::run(&benchmark))?);
    }
    if selected(pages::NAME) {
        report.pages = progress::step(pages::NAME, || pages::measure(&benchmark))?;
    }
    let minutes = args.minutes.unwrap_or(if args.quick { 0.5 } else { 2.0 });
    for name in memory::NAMES.into_iter().filter(|name| selected(name)) {
        let result = progress::step(name, || memory::run(&benchmark, name, minutes))?;
        report.scenarios.push(result);
    }
    if args.only.iter().any(|only| only == growth::NAME) {
        println!("{}", growth::measure(&benchmark)?);
    }
    report.compare_with_targets();
    println!("{}", report.table());
    if let Some(file) = &args.json {
        std::fs::write(file, serde_json::to_string_pretty(&report)? + "\n")?;
    }
    if !report.is_consistent() {
        bail!("a scenario left a database that contradicts the responses");
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the release server and returns its path.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    progress::step("server (release)", || {
        process::run(
            workspace
                .cargo()
                .args(["build", "--release", "--locked"])
                .args(["--package", APP, "--bin", APP]),
        )
    })?;
    Ok(workspace.binary("release"))
}

/// Starts PostgreSQL and Redis as in production. PostgreSQL also records the time of each commit,
/// from which the delay of messages is computed.
fn start_services() -> Result<Services> {
    let mut services = Services::start(Durability::Durable)?;
    Databases(&services.postgres).sql(
        "postgres",
        &["ALTER SYSTEM SET track_commit_timestamp = on"],
    )?;
    services.postgres.stop();
    services.postgres.restart()?;
    Ok(services)
}

/// Returns the commit of the workspace.
fn commit(workspace: &Workspace) -> String {
    let mut git = Command::new("git");
    git.current_dir(workspace.path(""))
        .args(["describe", "--always", "--dirty", "--exclude=*"]);
    process::output(&mut git).map_or_else(|_| "unknown".to_owned(), |it| it.trim().to_owned())
}
