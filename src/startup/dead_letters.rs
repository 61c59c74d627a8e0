//! `mini-compete dead-letters …`: lists jobs that failed finally, retries and deletes them.

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{StartError, application, background, instance};
use crate::{
    domain::{
        audit::{Audit, AuditEvent},
        operations::{OperatorAction, about_jobs},
        purpose_key::PurposeKey,
        rate_limits::RateLimiter,
    },
    jobs::dead_letters::management::{self, Selection},
    model::AuditAction,
    ops::{Clock, settings::Settings},
    store::{Database, InfrastructureError},
};

/// The subcommands of `dead-letters`.
#[derive(Debug, Subcommand)]
pub(super) enum DeadLetters {
    /// Print dead letters as lines of JSON, the newest first
    List {
        /// Only those of this group
        #[arg(long)]
        group: Option<String>,
        /// The number of the page, from 1
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
        page: u64,
        /// The number of lines on a page
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        per_page: u64,
    },
    /// Print the groups of dead letters with the same cause as lines of JSON, the largest first
    Groups,
    /// Enqueue the jobs of dead letters again
    Retry {
        #[command(flatten)]
        target: SelectionArgs,
    },
    /// Delete dead letters without a retry
    Delete {
        #[command(flatten)]
        target: SelectionArgs,
    },
}

/// The dead letters to act on.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct SelectionArgs {
    /// The id of one dead letter
    id: Option<Uuid>,
    /// The key of a group of dead letters
    #[arg(long)]
    group: Option<String>,
    /// All dead letters of the installation
    #[arg(long)]
    all: bool,
}

impl SelectionArgs {
    fn which(self) -> Selection {
        match (self.id, self.group) {
            (Some(id), _) => Selection::One(id),
            (None, Some(key)) => Selection::Group(key),
            (None, None) => Selection::All,
        }
    }
}

impl DeadLetters {
    /// Runs the subcommand and returns the lines to print.
    pub(super) async fn run(self, settings: &Settings) -> Result<Vec<String>, StartError> {
        let database = application::open(settings).await?;
        instance::migrate(&settings.secrets.database_url(), &database).await?;
        self.lines(&database)
            .await
            .map_err(|error| StartError(error.to_string()))?
            .map_err(StartError)
    }

    async fn lines(
        self,
        database: &Database,
    ) -> Result<Result<Vec<String>, String>, InfrastructureError> {
        let by = operator_name();
        let audit = operators_audit(database);
        let decided = |action, which: &Selection, count| {
            audit.record(about_jobs(
                AuditEvent::by_operator(&by, action),
                which,
                count,
            ))
        };
        Ok(match self {
            Self::List {
                group,
                page,
                per_page,
            } => {
                let which = group.map_or(Selection::All, Selection::Group);
                let offset = (page - 1) * per_page;
                let (letters, _total) =
                    management::list(database, &which, offset, per_page).await?;
                let line = |l: management::FailedJob| {
                    serde_json::json!({
                        "id": l.id, "jobId": l.job_id, "queue": l.queue, "kind": l.kind,
                        "group": l.group_key, "error": l.error, "attempts": l.attempts,
                        "failedAt": l.failed_at, "payload": l.payload, "history": l.history,
                    })
                    .to_string()
                };
                Ok(letters.into_iter().map(line).collect())
            }
            Self::Groups => {
                let line = |g: management::FailureGroup| {
                    serde_json::json!({
                        "group": g.key, "count": g.count, "queue": g.queue, "kind": g.kind,
                        "error": g.error, "first": g.first, "last": g.last,
                    })
                    .to_string()
                };
                let groups = management::groups(database).await?;
                Ok(groups.into_iter().map(line).collect())
            }
            Self::Retry { target } => {
                let which = target.which();
                let now = Clock::system().now();
                let decision = OperatorAction {
                    by: &by,
                    record: &|count| decided(AuditAction::FailedJobRetry, &which, count),
                };
                let retried =
                    management::retry(database, &background::job_kinds(), &which, &decision, now)
                        .await?;
                match (&which, retried.jobs, retried.refusal_reason) {
                    (Selection::One(_), 0, Some(why)) => {
                        Err(format!("it can't be tried again: {why}"))
                    }
                    (Selection::One(_), 0, None) => Err("there is no such dead letter".to_owned()),
                    _ => {
                        let json = serde_json::json!({
                            "retried": retried.jobs, "refused": retried.refused,
                        });
                        Ok(vec![json.to_string()])
                    }
                }
            }
            Self::Delete { target } => {
                let which = target.which();
                let decision = OperatorAction {
                    by: &by,
                    record: &|count| decided(AuditAction::FailedJobDelete, &which, count),
                };
                match (
                    management::delete(database, &which, &decision).await?,
                    &which,
                ) {
                    (0, Selection::One(_)) => Err("there is no such dead letter".to_owned()),
                    (deleted, _) => Ok(vec![serde_json::json!({ "deleted": deleted }).to_string()]),
                }
            }
        })
    }
}

/// Returns the audit log for the command line, which has no address to hash.
pub(super) fn operators_audit(database: &Database) -> Audit {
    Audit::new(
        database.clone(),
        Clock::system(),
        PurposeKey::random(),
        RateLimiter::off(),
    )
}

/// Returns the name of the operator at the terminal, for the audit log.
pub(super) fn operator_name() -> String {
    let name = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|variable| std::env::var(variable).ok())
        .unwrap_or_else(|| "unknown".to_owned());
    format!("cli:{name}")
}
