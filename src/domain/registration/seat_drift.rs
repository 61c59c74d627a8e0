//! The seat invariant, checked: every competition's counters against the rows they stand for.
//!
//! One process of the installation checks, once a minute, and what it finds is shared in a row. A
//! check costs the same however many competitions there are:
//!
//! - what is known to be wrong is looked at again;
//! - then the competitions in which something happened since the last check, up to [`SUSPECTS`];
//! - then the next ones of a rotation over all, until [`COMPETITIONS`] or [`ROWS`] are counted.
//!
//! So whatever a mistake in the code makes wrong is found within a minute or two, and what a hand
//! changed in the tables once the rotation comes by: after `competitions / 500` or
//! `registrations / 200,000` minutes, whichever is more.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{DatabaseBackend, FromQueryResult, Statement, Value, sea_query::ArrayType};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::watermark::Watermark;
use crate::{
    jobs::scheduler::{RunOutcome, ScheduledTask, state},
    model::CompetitionId,
    ops::metrics::names,
    store::{Database, InfrastructureError, by_index},
};

/// The name of the check's ticks and of its shared row.
pub const TASK_NAME: &str = "seat-drift";
/// Competitions counted by one statement.
const CHUNK: usize = 50;
/// Competitions of the rotation that one run looks at.
const COMPETITIONS: usize = 500;
/// Registrations that one run counts for the rotation; the last statement may go beyond.
const ROWS: i64 = 200_000;
/// Competitions that one run looks at because something happened there.
const SUSPECTS: usize = 500;
/// Changes of each kind, newest first, among which those are looked for.
const CHANGES: usize = 10_000;
/// Wrong competitions that are remembered; more are not counted.
const REMEMBERED: usize = 1_000;

/// What the installation knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// Competitions whose counters are wrong.
    wrong: BTreeSet<CompetitionId>,
    /// The rotation goes on after this one.
    after: Option<CompetitionId>,
    /// How far changes were looked at.
    since: Option<Watermark>,
}

/// One competition's counters and rows, of one moment.
#[derive(Debug, FromQueryResult)]
struct Counted {
    id: CompetitionId,
    taken: i32,
    waitlisted: i32,
    seated: i64,
    queued: i64,
}

impl Counted {
    fn is_wrong(&self) -> bool {
        i64::from(self.taken) != self.seated || i64::from(self.waitlisted) != self.queued
    }
}

/// Which competitions are counted.
enum Which<'a> {
    These(&'a [CompetitionId]),
    /// The next ones in the order of ids.
    After(Option<CompetitionId>),
}

/// Looks for competitions whose counters and rows disagree. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SeatDrift {
    database: Database,
}

impl SeatDrift {
    /// Over a database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// How many competitions are known to be wrong; must be 0. `None` before the first check.
    ///
    /// # Errors
    /// What the database says.
    pub async fn known(&self) -> Result<Option<usize>, InfrastructureError> {
        let known: Option<Known> = state::read(&self.database, TASK_NAME).await?;
        Ok(known.map(|known| known.wrong.len()))
    }

    async fn check(
        &self,
        known: &mut Known,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<(), InfrastructureError> {
        let mut suspects: Vec<_> = known.wrong.iter().copied().collect();
        let since = Watermark::read(self.database.read(), now).await?;
        if let Some(since) = known.since {
            suspects.extend(self.changed(since).await?);
        }
        for suspects in suspects.chunks(CHUNK) {
            if stop.is_cancelled() {
                return Ok(());
            }
            let counted = self.count(Which::These(suspects)).await?;
            for gone in suspects {
                known.wrong.remove(gone);
            }
            known.note(&counted);
        }
        known.since = Some(since);

        let (mut competitions, mut rows) = (0, 0);
        while competitions < COMPETITIONS && rows < ROWS && !stop.is_cancelled() {
            let counted = self.count(Which::After(known.after)).await?;
            known.note(&counted);
            competitions += counted.len();
            rows += counted
                .iter()
                .map(|one| one.seated + one.queued)
                .sum::<i64>();
            known.after = counted.last().map(|last| last.id);
            if counted.len() < CHUNK {
                // That was the end: the next run begins again.
                known.after = None;
                break;
            }
        }
        Ok(())
    }

    /// Competitions in which something happened since the last check.
    async fn changed(&self, since: Watermark) -> Result<Vec<CompetitionId>, InfrastructureError> {
        let backend = self.database.backend();
        let newest = |column: &str, place: usize| {
            let place = match backend {
                DatabaseBackend::Postgres => format!("${place}"),
                _ => format!("?{place}"),
            };
            format!(
                "SELECT * FROM (SELECT competition_id FROM registrations WHERE {column} > {place} \
                 ORDER BY {column} DESC LIMIT {CHANGES}) AS {column}"
            )
        };
        let sql = format!(
            "SELECT DISTINCT competition_id FROM ({} UNION ALL {} UNION ALL {}) AS changes \
             LIMIT {SUSPECTS}",
            newest("id", 1),
            newest("promoted_at", 2),
            newest("cancelled_at", 2),
        );
        let values = [Value::from(since.id().0), since.time().into()];
        let changed = Statement::from_sql_and_values(backend, sql, values);
        let rows = by_index::query_all(&self.database, changed).await?;
        let ids = rows.iter().map(|row| row.try_get("", "competition_id"));
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Counters and rows by one statement, so that they are of one moment.
    async fn count(&self, which: Which<'_>) -> Result<Vec<Counted>, InfrastructureError> {
        let backend = self.database.backend();
        let (condition, values) = which.condition(backend);
        // Correlated subqueries: plainer as text than as a tree.
        let rows = |status: &str| {
            format!(
                "(SELECT COUNT(*) FROM registrations r \
                 WHERE r.competition_id = c.id AND r.status IN ({status}))"
            )
        };
        let sql = format!(
            "SELECT c.id, c.capacity - c.seats_left AS taken, c.waitlisted, \
             {} AS seated, {} AS queued \
             FROM competitions c WHERE {condition} ORDER BY c.id LIMIT {CHUNK}",
            rows("'PENDING', 'CONFIRMED'"),
            rows("'WAITLISTED'"),
        );
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let rows = by_index::query_all(&self.database, statement).await?;
        let rows = rows.iter().map(|row| Counted::from_query_result(row, ""));
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Known {
    fn note(&mut self, counted: &[Counted]) {
        for one in counted {
            if !one.is_wrong() {
                self.wrong.remove(&one.id);
            } else if self.wrong.len() < REMEMBERED {
                self.wrong.insert(one.id);
            }
        }
    }
}

impl Which<'_> {
    fn condition(&self, backend: DatabaseBackend) -> (String, Vec<Value>) {
        let postgres = backend == DatabaseBackend::Postgres;
        match self {
            Self::These(ids) if postgres => {
                let ids = ids.iter().map(|id| id.0.into()).collect();
                let array = Value::Array(ArrayType::Uuid, Some(Box::new(ids)));
                ("c.id = ANY($1)".to_owned(), vec![array])
            }
            Self::These(ids) => {
                let places = vec!["?"; ids.len()].join(", ");
                let ids = ids.iter().map(|id| id.0.into()).collect();
                (format!("c.id IN ({places})"), ids)
            }
            Self::After(None) => ("TRUE".to_owned(), Vec::new()),
            Self::After(Some(last)) => {
                let place = if postgres { "$1" } else { "?" };
                (format!("c.id > {place}"), vec![last.0.into()])
            }
        }
    }
}

#[async_trait]
impl ScheduledTask for SeatDrift {
    async fn run(
        &self,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        let known: Option<Known> = state::read(&self.database, TASK_NAME).await?;
        let mut known = known.unwrap_or_default();
        self.check(&mut known, now, stop).await?;
        if !known.wrong.is_empty() {
            let some: Vec<_> = known.wrong.iter().take(10).collect();
            let competitions = known.wrong.len();
            tracing::error!(competitions, ?some, "seat counters and rows disagree");
        }
        state::write(&self.database, TASK_NAME, &known, now).await?;
        Ok(RunOutcome::unless_stopped(stop))
    }
}

/// Shows in each process, as `mc_seat_drift`, what the one that checks has found.
#[derive(Debug, Clone)]
pub struct SeatDriftGauge(pub SeatDrift);

#[async_trait]
impl ScheduledTask for SeatDriftGauge {
    async fn run(
        &self,
        _now: DateTime<Utc>,
        _stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        if let Some(wrong) = self.0.known().await? {
            #[allow(clippy::cast_precision_loss, reason = "a gauge")]
            metrics::gauge!(names::SEAT_DRIFT).set(wrong as f64);
        }
        Ok(RunOutcome::Complete)
    }
}
