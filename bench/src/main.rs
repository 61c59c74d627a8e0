//! `cargo xtask bench`: measures what one small machine does in the minute registration opens.
//!
//! It runs a throw-away PostgreSQL (with `fsync`) and Redis, the release build of the server, and a
//! load generator of its own whose clients have seeded accounts and tokens signed here. In the same
//! run `pgbench` measures what this machine could do at best ([`ceiling`]): absolute numbers of a
//! shared machine say little, ratios say more, and processor time per answer says most. After each
//! scenario the database is compared with what the clients were told ([`check`]); a difference fails
//! the run, however fast it was.
//!
//! | modules | contents |
//! | --- | --- |
//! | [`scenario`], [`stage`] | the scenarios, and the servers and databases that they run on |
//! | [`load`], [`rush`], [`streams`] | the load generator |
//! | [`machine`], [`xtask::app`] | the machine and the processes under load |
//! | [`ceiling`], [`check`] | the comparisons |
//! | [`figures`], [`report`] | statistics and output |

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
use xtask::process;
use xtask::progress;
use xtask::services::{Durability, Services};
use xtask::workspace::{APP, Workspace};

mod ceiling;
mod check;
pub mod figures;
mod load;
mod machine;
mod report;
mod rush;
mod scenario;
pub mod stage;
mod streams;
pub use report::Report;
use stage::House;

/// The part that measures PostgreSQL alone.
const CEILING: &str = "ceiling";

#[derive(Parser)]
#[command(
    name = "cargo xtask bench",
    about = "Measures the release server under load, beside what PostgreSQL alone does on this machine"
)]
struct Args {
    /// A third of the time, a fifth of the streams: to see whether it works
    #[arg(long)]
    quick: bool,
    /// Only this scenario (may be given several times): ceiling, hot, spread, duplicates, replays,
    /// two, embedded, streams, backlog, latency, reminders
    #[arg(long, value_name = "NAME", value_parser = known)]
    only: Vec<String>,
    /// Write everything that was found to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

fn known(name: &str) -> Result<String, String> {
    if name == CEILING || scenario::NAMES.contains(&name) {
        Ok(name.to_owned())
    } else {
        Err(format!("one of: {CEILING}, {}", scenario::NAMES.join(", ")))
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
            "only {files} open files are allowed: 10,000 streams will not fit"
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
        rows: Vec::new(),
        targets: Vec::new(),
    };
    let services = services()?;
    let dir = tempfile::Builder::new()
        .prefix("mini-compete-bench-")
        .tempdir()?;
    let house = House {
        services: &services,
        program,
        dir: dir.path().to_path_buf(),
        quick: args.quick,
    };
    let wanted = |name: &str| args.only.is_empty() || args.only.iter().any(|only| only == name);
    if wanted(CEILING) {
        let ceilings = progress::step(CEILING, || {
            let migrate = |name: &str| house.place(name).migrate();
            ceiling::measure(house.databases(), migrate, dir.path(), args.quick)
        })?;
        report.ceilings = Some(ceilings);
    }
    for name in scenario::NAMES.into_iter().filter(|name| wanted(name)) {
        report
            .rows
            .push(progress::step(name, || scenario::play(&house, name))?);
    }
    report.judge();
    println!("{}", report.table());
    if let Some(file) = &args.json {
        std::fs::write(file, serde_json::to_string_pretty(&report)? + "\n")?;
    }
    if !report.is_correct() {
        bail!("a load left the database in another state than people were told");
    }
    Ok(ExitCode::SUCCESS)
}

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

/// Both, as in production; PostgreSQL notes the times of commits as well, to tell how long a letter
/// takes.
fn services() -> Result<Services> {
    let mut services = Services::start(Durability::Kept)?;
    Databases(&services.postgres).sql(
        "postgres",
        &["ALTER SYSTEM SET track_commit_timestamp = on"],
    )?;
    services.postgres.stop();
    services.postgres.start_again()?;
    Ok(services)
}

fn commit(workspace: &Workspace) -> String {
    let mut git = Command::new("git");
    git.current_dir(workspace.path(""))
        .args(["describe", "--always", "--dirty", "--exclude=*"]);
    process::output(&mut git).map_or_else(|_| "unknown".to_owned(), |it| it.trim().to_owned())
}
