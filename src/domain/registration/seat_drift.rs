//! The check of the seat invariant: every competition's counters, and those of its divisions and codes, against the
//! registrations.
//!
//! One process of the installation runs the check once a minute and shares the result in a row. A check
//! costs the same however many competitions there are. It counts
//!
//! - the competitions that are known to be wrong;
//! - those with changes since the last check, up to [`MAX_CHANGED`];
//! - the next ones of a rotation over all, until [`MAX_COMPETITIONS`] or [`MAX_ROWS`] are counted.
//!
//! So a counter that a defect made wrong is found within a minute or two. One that was changed by other
//! means is found by the rotation: after `competitions / 500` or `registrations / 200,000` minutes,
//! whichever is more.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{DatabaseBackend, FromQueryResult, Statement, Value, sea_query::ArrayType};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::watermark::Watermark;
use crate::{
    jobs::scheduler::{RunOutcome, ScheduledTask, state as task_state},
    model::{CompetitionId, SeatDriftView},
    ops::metrics::names,
    store::{Database, InfrastructureError, by_index},
};

/// The name of the scheduled task and of its shared row.
pub const TASK_NAME: &str = "seat-drift";
/// The number of competitions that one statement counts.
const CHUNK_SIZE: usize = 50;
/// The number of competitions of the rotation that one run counts.
const MAX_COMPETITIONS: usize = 500;
/// The number of registrations that one run counts for the rotation; the last statement may exceed it.
const MAX_ROWS: i64 = 200_000;
/// The number of competitions that one run counts because they changed.
const MAX_CHANGED: usize = 500;
/// The number of changes of each kind, the newest first, among which those are found.
const MAX_CHANGES: usize = 10_000;
/// The number of wrong competitions that are stored; further ones are left out.
const MAX_WRONG: usize = 1_000;

/// The statuses that hold a seat, as SQL.
const SEATED: &str = "'PENDING', 'CONFIRMED'";
/// The status of the waitlist, as SQL.
const QUEUED: &str = "'WAITLISTED'";

/// The stored result of the checks so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct DriftState {
    /// The competitions whose counters are wrong.
    wrong: BTreeSet<CompetitionId>,
    /// The competition after which the rotation goes on.
    after: Option<CompetitionId>,
    /// How far changes were read.
    since: Option<Watermark>,
}

/// One competition's counters and the numbers of its registrations, of one moment.
#[derive(Debug, FromQueryResult)]
struct Counted {
    id: CompetitionId,
    taken: i32,
    waitlisted: i32,
    seated: i64,
    queued: i64,
    /// The number of divisions whose counters are wrong, and of registrations that are in none although there are
    /// divisions.
    wrong_divisions: i64,
    /// The number of codes whose uses are wrong, and of counters of seats that are set aside.
    wrong_codes: i64,
}

impl Counted {
    fn is_wrong(&self) -> bool {
        i64::from(self.taken) != self.seated
            || i64::from(self.waitlisted) != self.queued
            || self.wrong_divisions > 0
            || self.wrong_codes > 0
    }
}

/// The competitions to count.
enum CompetitionSelection<'a> {
    These(&'a [CompetitionId]),
    /// The next ones in the order of their ids.
    After(Option<CompetitionId>),
}

/// Finds competitions whose counters and registrations disagree. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SeatDrift {
    database: Database,
}

impl SeatDrift {
    /// Creates the check for a database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Returns the number of competitions that are known to be wrong, which must be 0; `None` before the
    /// first check.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails.
    pub async fn wrong_competitions(&self) -> Result<Option<usize>, InfrastructureError> {
        let state: Option<DriftState> = task_state::read(&self.database, TASK_NAME).await?;
        Ok(state.map(|state| state.wrong.len()))
    }

    /// Returns the number of wrong competitions, and when it was found; neither before the first check.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails.
    pub async fn latest(&self) -> Result<SeatDriftView, InfrastructureError> {
        let state: Option<(DriftState, _)> =
            task_state::read_with_time(&self.database, TASK_NAME).await?;
        Ok(match state {
            Some((state, at)) => SeatDriftView {
                wrong: u64::try_from(state.wrong.len()).ok(),
                checked_at: Some(at),
            },
            None => SeatDriftView {
                wrong: None,
                checked_at: None,
            },
        })
    }

    /// Returns the competitions that are known to be wrong.
    pub(super) async fn wrong(&self) -> Result<BTreeSet<CompetitionId>, InfrastructureError> {
        let state: Option<DriftState> = task_state::read(&self.database, TASK_NAME).await?;
        Ok(state.unwrap_or_default().wrong)
    }

    /// Forgets that a competition is wrong, since it was corrected. A check that runs at the same moment may remember
    /// it, and counts it again within a minute.
    pub(super) async fn forget(&self, id: CompetitionId) -> Result<(), InfrastructureError> {
        let state: Option<(DriftState, _)> =
            task_state::read_with_time(&self.database, TASK_NAME).await?;
        if let Some((mut state, at)) = state
            && state.wrong.remove(&id)
        {
            task_state::write(&self.database, TASK_NAME, &state, at).await?;
        }
        Ok(())
    }

    async fn check(
        &self,
        state: &mut DriftState,
        now: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> Result<(), InfrastructureError> {
        let mut ids: Vec<_> = state.wrong.iter().copied().collect();
        let since = Watermark::read(self.database.read(), now).await?;
        if let Some(since) = state.since {
            ids.extend(self.changed(since).await?);
        }
        for ids in ids.chunks(CHUNK_SIZE) {
            if stop.is_cancelled() {
                return Ok(());
            }
            let counted = self.count(CompetitionSelection::These(ids)).await?;
            for id in ids {
                state.wrong.remove(id);
            }
            state.record(&counted);
        }
        state.since = Some(since);

        let (mut competitions, mut rows) = (0, 0);
        while competitions < MAX_COMPETITIONS && rows < MAX_ROWS && !stop.is_cancelled() {
            let counted = self.count(CompetitionSelection::After(state.after)).await?;
            state.record(&counted);
            competitions += counted.len();
            rows += counted
                .iter()
                .map(|counted| counted.seated + counted.queued)
                .sum::<i64>();
            state.after = counted.last().map(|last| last.id);
            if counted.len() < CHUNK_SIZE {
                // The end of the rotation: the next run starts again.
                state.after = None;
                break;
            }
        }
        Ok(())
    }

    /// Returns the competitions with changes since the last check.
    async fn changed(&self, since: Watermark) -> Result<Vec<CompetitionId>, InfrastructureError> {
        let backend = self.database.backend();
        let newest = |column: &str, parameter: usize| {
            let parameter = match backend {
                DatabaseBackend::Postgres => format!("${parameter}"),
                _ => format!("?{parameter}"),
            };
            format!(
                "SELECT * FROM (SELECT competition_id FROM registrations WHERE {column} > {parameter} \
                 ORDER BY {column} DESC LIMIT {MAX_CHANGES}) AS {column}"
            )
        };
        let sql = format!(
            "SELECT DISTINCT competition_id FROM ({} UNION ALL {} UNION ALL {}) AS changes \
             LIMIT {MAX_CHANGED}",
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

    /// Reads counters and numbers of registrations in one statement, so that they are of one moment.
    async fn count(
        &self,
        selection: CompetitionSelection<'_>,
    ) -> Result<Vec<Counted>, InfrastructureError> {
        let backend = self.database.backend();
        let (condition, values) = selection.condition(backend);
        // Correlated subqueries are easier to read as text than as a tree of expressions.
        let rows = |status: &str| {
            format!(
                "(SELECT COUNT(*) FROM registrations r \
                 WHERE r.competition_id = c.id AND r.status IN ({status}))"
            )
        };
        let in_division = |status: &str| {
            format!(
                "(SELECT COUNT(*) FROM registrations r \
                 WHERE r.division_id = d.id AND r.status IN ({status}))"
            )
        };
        // Only competitions that have divisions cost more.
        let wrong_divisions = format!(
            "CASE WHEN c.has_divisions THEN \
             (SELECT COUNT(*) FROM divisions d WHERE d.competition_id = c.id AND d.removed_at IS NULL \
             AND (d.taken <> {} OR d.waitlisted <> {})) + \
             (SELECT COUNT(*) FROM registrations r WHERE r.competition_id = c.id \
             AND r.status IN ({SEATED}, {QUEUED}) AND r.division_id IS NULL) ELSE 0 END",
            in_division(SEATED),
            in_division(QUEUED),
        );
        let used = format!(
            "(SELECT COUNT(*) FROM registrations r \
             WHERE r.code_id = k.id AND r.status IN ({SEATED}, {QUEUED}))"
        );
        let set_aside = |of: &str| {
            format!(
                "(SELECT COALESCE(SUM(k.max_uses - k.uses), 0) FROM codes k WHERE {of} AND k.kind = 'RESERVED' \
                 AND k.released_at IS NULL AND k.removed_at IS NULL)"
            )
        };
        // A code without uses is counted by its row alone. Deleted codes that somebody uses are few.
        let wrong_codes = format!(
            "CASE WHEN c.code_count > 0 OR c.seats_reserved > 0 THEN \
             (SELECT COUNT(*) FROM codes k WHERE k.competition_id = c.id AND k.uses <> {used}) + \
             (SELECT COUNT(*) FROM divisions d WHERE d.competition_id = c.id AND d.removed_at IS NULL \
             AND d.seats_reserved <> {}) + \
             CASE WHEN c.seats_reserved <> {} OR c.code_count <> (SELECT COUNT(*) FROM codes k \
             WHERE k.competition_id = c.id AND k.removed_at IS NULL) THEN 1 ELSE 0 END ELSE 0 END",
            set_aside("k.division_id = d.id"),
            set_aside("k.competition_id = c.id"),
        );
        let sql = format!(
            "SELECT c.id, c.capacity - c.seats_left AS taken, c.waitlisted, \
             {} AS seated, {} AS queued, {wrong_divisions} AS wrong_divisions, \
             {wrong_codes} AS wrong_codes \
             FROM competitions c WHERE {condition} ORDER BY c.id LIMIT {CHUNK_SIZE}",
            rows(SEATED),
            rows(QUEUED),
        );
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let rows = by_index::query_all(&self.database, statement).await?;
        let rows = rows.iter().map(|row| Counted::from_query_result(row, ""));
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl DriftState {
    fn record(&mut self, counted: &[Counted]) {
        for competition in counted {
            if !competition.is_wrong() {
                self.wrong.remove(&competition.id);
            } else if self.wrong.len() < MAX_WRONG {
                self.wrong.insert(competition.id);
            }
        }
    }
}

impl CompetitionSelection<'_> {
    fn condition(&self, backend: DatabaseBackend) -> (String, Vec<Value>) {
        let postgres = backend == DatabaseBackend::Postgres;
        match self {
            Self::These(ids) if postgres => {
                let ids = ids.iter().map(|id| id.0.into()).collect();
                let array = Value::Array(ArrayType::Uuid, Some(Box::new(ids)));
                ("c.id = ANY($1)".to_owned(), vec![array])
            }
            Self::These(ids) => {
                let parameters = vec!["?"; ids.len()].join(", ");
                let ids = ids.iter().map(|id| id.0.into()).collect();
                (format!("c.id IN ({parameters})"), ids)
            }
            Self::After(None) => ("TRUE".to_owned(), Vec::new()),
            Self::After(Some(last)) => {
                let parameter = if postgres { "$1" } else { "?" };
                (format!("c.id > {parameter}"), vec![last.0.into()])
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
        let state: Option<DriftState> = task_state::read(&self.database, TASK_NAME).await?;
        let mut state = state.unwrap_or_default();
        self.check(&mut state, now, stop).await?;
        if !state.wrong.is_empty() {
            let some: Vec<_> = state.wrong.iter().take(10).collect();
            let competitions = state.wrong.len();
            tracing::error!(
                count = competitions,
                competitions = ?some,
                "The seat counters of {competitions} competitions differ from their registrations"
            );
        }
        task_state::write(&self.database, TASK_NAME, &state, now).await?;
        Ok(RunOutcome::unless_stopped(stop))
    }
}

/// Sets the metric `mc_seat_drift` of each process to the result of the latest check.
#[derive(Debug, Clone)]
pub struct SeatDriftGauge(pub SeatDrift);

#[async_trait]
impl ScheduledTask for SeatDriftGauge {
    async fn run(
        &self,
        _now: DateTime<Utc>,
        _stop: &CancellationToken,
    ) -> Result<RunOutcome, InfrastructureError> {
        if let Some(wrong) = self.0.wrong_competitions().await? {
            #[allow(clippy::cast_precision_loss, reason = "a gauge")]
            metrics::gauge!(names::SEAT_DRIFT).set(wrong as f64);
        }
        Ok(RunOutcome::Complete)
    }
}
