//! The commands of `mini-compete`.
#![allow(
    clippy::print_stdout,
    reason = "commands print their results to standard output; logs go to standard error"
)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use super::{
    Application, Components, StartError, application,
    dead_letters::DeadLetters,
    demo_data, instance,
    load_test_data::{self, Amounts},
    queues::{QueueCommand, SeatDriftCommand},
    users::Users,
};
use crate::{
    api,
    ops::{Clock, settings::Settings, telemetry},
};

/// Competitions with limited seats: never one seat too many, never a lost confirmation.
#[derive(Debug, Parser)]
#[command(name = "mini-compete", version)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: CliCommand,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Run web, worker and scheduler in one process
    Serve {
        /// Do not bring the database schema up to date
        #[arg(long)]
        no_migrate: bool,
        /// Leave jobs to other processes
        #[arg(long)]
        no_worker: bool,
        /// Leave scheduled tasks to other processes
        #[arg(long)]
        no_scheduler: bool,
        /// Fill an empty SQLite database with demo data
        #[arg(long)]
        demo: bool,
    },
    /// Run worker and scheduler without web
    Worker {
        /// Do not bring the database schema up to date
        #[arg(long)]
        no_migrate: bool,
        /// Leave scheduled tasks to other processes
        #[arg(long)]
        no_scheduler: bool,
    },
    /// Bring the database schema up to date, and stop
    Migrate,
    /// Print the OpenAPI document of the API
    Openapi,
    /// Fill a database with rows for load tests, and print their numbers as JSON
    Seed {
        #[command(flatten)]
        amounts: Amounts,
    },
    /// Create accounts, and change roles and passwords
    #[command(subcommand)]
    User(Users),
    /// List, retry and delete jobs that failed finally
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// List, pause and resume queues
    #[command(subcommand)]
    Queues(QueueCommand),
    /// Correct seat counters that differ from their registrations
    #[command(subcommand)]
    SeatDrift(SeatDriftCommand),
}

/// Runs the command and returns the exit code of the process.
#[must_use]
#[allow(
    clippy::print_stderr,
    reason = "shown on the terminal, whatever is logged"
)]
pub fn run(cli: Cli) -> ExitCode {
    let log = match telemetry::start(cli.settings.log_format, &cli.settings.log) {
        Ok(log) => log,
        Err(error) => {
            eprintln!("error: RUST_LOG: {error}");
            return ExitCode::FAILURE;
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let secrets = cli.settings.secrets.clone();
    let result = runtime.block_on(command(cli));
    // `Application::run` has given the tasks 25 s to finish.
    runtime.shutdown_background();
    // Before what follows on the same output.
    drop(log);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", secrets.hide(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

async fn command(Cli { settings, command }: Cli) -> Result<(), StartError> {
    match command {
        CliCommand::Serve {
            no_migrate,
            no_worker,
            no_scheduler,
            demo,
        } => {
            if demo && !settings.secrets.is_sqlite() {
                return Err(StartError(
                    "--demo: only for an empty SQLite database".to_owned(),
                ));
            }
            if demo && !settings.is_reached_by_loopback_only() {
                return Err(StartError(
                    "--demo: only with BIND and PUBLIC_URL on loopback and without TRUSTED_PROXIES, \
                     since its passwords are published"
                        .to_owned(),
                ));
            }
            let components = Components {
                web: true,
                worker: !no_worker,
                scheduler: !no_scheduler,
                migrate: !no_migrate,
                demo,
            };
            serve(&settings, components).await
        }
        CliCommand::Worker {
            no_migrate,
            no_scheduler,
        } => {
            let components = Components {
                web: false,
                worker: true,
                scheduler: !no_scheduler,
                migrate: !no_migrate,
                demo: false,
            };
            serve(&settings, components).await
        }
        CliCommand::Migrate => {
            let database = application::open(&settings).await?;
            instance::migrate(&settings.secrets.database_url(), &database).await
        }
        CliCommand::Openapi => {
            println!("{}", api::openapi_json());
            Ok(())
        }
        CliCommand::Seed { amounts } => {
            let database = application::open(&settings).await?;
            instance::migrate(&settings.secrets.database_url(), &database).await?;
            let counts = load_test_data::fill(&database, &amounts)
                .await
                .map_err(|error| StartError(error.to_string()))?;
            println!("{counts}");
            Ok(())
        }
        CliCommand::User(what) => {
            println!("{}", what.run(&settings).await?);
            Ok(())
        }
        CliCommand::DeadLetters(what) => print_lines(what.run(&settings).await),
        CliCommand::Queues(what) => print_lines(what.run(&settings).await),
        CliCommand::SeatDrift(what) => print_lines(what.run(&settings).await),
    }
}

/// Prints the lines that a command returned.
fn print_lines(lines: Result<Vec<String>, StartError>) -> Result<(), StartError> {
    for line in lines? {
        println!("{line}");
    }
    Ok(())
}

async fn serve(settings: &Settings, components: Components) -> Result<(), StartError> {
    let application = Application::build(settings, components, Clock::system()).await?;
    if components.demo {
        demo_data::fill(application.state())
            .await
            .map_err(|error| StartError(format!("--demo: {error}")))?;
    } else if components.web {
        demo_data::refuse_published_passwords(application.state()).await?;
    }
    // Before the address is logged: a supervisor may send a signal as soon as it reads that line.
    let signal = shutdown_signal();
    if let Some(address) = application.address() {
        tracing::info!(url = %application.state().config.public_url, %address, "The server is listening on {address}");
    }
    let stop = CancellationToken::new();
    tokio::spawn({
        let stop = stop.clone();
        async move {
            signal.await;
            stop.cancel();
        }
    });
    application.run(stop).await
}

/// Starts to listen for SIGTERM (a supervisor) and SIGINT (a keyboard), and returns a future that
/// completes at the first of them.
#[cfg(unix)]
fn shutdown_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    let listen = |kind| {
        signal(kind)
            .inspect_err(|error| tracing::warn!(%error, "Could not listen for a shutdown signal; the signal ends the process at once"))
            .ok()
    };
    let signals = [SignalKind::terminate(), SignalKind::interrupt()].map(listen);
    let received = |signal: Option<Signal>| async move {
        match signal {
            Some(mut signal) => signal.recv().await.unwrap_or_default(),
            None => std::future::pending().await,
        }
    };
    async move {
        let [terminate, interrupt] = signals.map(received);
        tokio::select! {
            () = terminate => {}
            () = interrupt => {}
        }
    }
}

/// Returns a future that completes at Ctrl-C.
#[cfg(not(unix))]
fn shutdown_signal() -> impl Future<Output = ()> {
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
