//! `mini-compete queues …`: lists queues, pauses and resumes them.

use clap::Subcommand;

use super::{
    StartError, application,
    dead_letters::{operator_name, operators_audit},
    instance,
};
use crate::{
    domain::{Error, audit::AuditEvent, operations::set_paused, registration::SeatRepair},
    jobs::{Queues, queue_pauses},
    model::{AuditAction, DomainError},
    ops::{Clock, settings::Settings},
    store::Database,
};

/// The subcommands of `queues`.
#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    /// Print the queues as lines of JSON, with the time since when each is paused
    List,
    /// Pause a queue: processes finish the jobs that they have begun, and begin no others
    Pause {
        /// The name of the queue
        name: String,
    },
    /// Resume a paused queue
    Resume {
        /// The name of the queue
        name: String,
    },
}

impl QueueCommand {
    /// Runs the subcommand and returns the lines to print.
    pub(super) async fn run(self, settings: &Settings) -> Result<Vec<String>, StartError> {
        let database = open(settings).await?;
        let now = Clock::system().now();
        match self {
            Self::List => list(&database).await,
            Self::Pause { name } => {
                let action = AuditAction::QueuePause;
                change(&database, &name, action, Some(now)).await
            }
            Self::Resume { name } => change(&database, &name, AuditAction::QueueResume, None).await,
        }
    }
}

/// The subcommands of `seat-drift`.
#[derive(Debug, Subcommand)]
pub(super) enum SeatDriftCommand {
    /// Correct the seat counters that the latest check found to be wrong, and print their number as JSON
    Repair,
}

impl SeatDriftCommand {
    /// Runs the subcommand and returns the lines to print.
    pub(super) async fn run(self, settings: &Settings) -> Result<Vec<String>, StartError> {
        let Self::Repair = self;
        let database = open(settings).await?;
        let repair = SeatRepair::new(database.clone(), operators_audit(&database));
        let repaired = repair.repair_by_operator(&operator_name()).await;
        let repaired = repaired.map_err(|error| StartError(error.to_string()))?;
        Ok(vec![serde_json::json!(repaired).to_string()])
    }
}

async fn open(settings: &Settings) -> Result<Database, StartError> {
    let database = application::open(settings).await?;
    instance::migrate(&settings.secrets.database_url(), &database).await?;
    Ok(database)
}

async fn list(database: &Database) -> Result<Vec<String>, StartError> {
    let paused = queue_pauses::list(database).await;
    let paused = paused.map_err(|error| StartError(error.to_string()))?;
    let line = |name: &&str| {
        let pause = paused.iter().find(|row| row.queue == *name);
        let paused_at = pause.map(|row| row.paused_at);
        serde_json::json!({ "name": name, "pausedAt": paused_at }).to_string()
    };
    Ok(Queues::ALL.iter().map(line).collect())
}

async fn change(
    database: &Database,
    name: &str,
    action: AuditAction,
    since: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<Vec<String>, StartError> {
    let audit = operators_audit(database);
    let event = AuditEvent::by_operator(&operator_name(), action);
    match set_paused(database, &audit, name, event, since).await {
        Ok(()) => list(database).await,
        Err(Error::Domain(DomainError::NotFound)) => Err(StartError(format!(
            "there is no such queue; there are {}",
            Queues::ALL.join(", ")
        ))),
        Err(error) => Err(StartError(error.to_string())),
    }
}
