//! Publishing: the standings of a stage become a version that everybody sees.
//!
//! The standings are made outside of a transaction. If anything was recorded meanwhile, they are made again; the last try
//! holds the lock, so that it can't be overtaken.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    sea_query::{Expr, Query},
};
use serde_json::json;

use super::{
    NewestVersion, Results, STAGE_RESULTS_MAX, count_change,
    differences::differences,
    newest_version,
    rank::{Entrants, RankedAttempt, RankedRow, RankingRule, rank},
};
use crate::{
    domain::{Actor, Result, audit::AuditEvent},
    model::{
        AuditAction, AuditOutcome, DivisionId, DomainError, PerformanceId, PerformanceStatus,
        PublicationView, RegistrationId, RegistrationStatus, StageId, StageState,
        forms::PublicationInput,
    },
    store::{
        InfrastructureError, Transaction, advisory_lock, audit,
        entity::{competition, performance, registration, stage, standings},
    },
};

/// How often standings are made without the lock.
const TRIES: usize = 2;
/// The most differences that are kept with a version.
const CHANGES_MAX: usize = 500;
/// The number of versions of a stage that are kept.
const VERSIONS_MAX: i32 = 50;

/// A result as it is read for standings.
#[derive(Debug, FromQueryResult)]
struct AttemptRow {
    id: PerformanceId,
    registration_id: RegistrationId,
    value: Option<i64>,
    status: PerformanceStatus,
    at: DateTime<Utc>,
    supersedes: Option<PerformanceId>,
}

/// Standings that are not published yet.
struct NewStandings {
    /// The stage as it was before its results were read.
    stage: stage::Model,
    /// The state that the stage gets.
    state: StageState,
    rows: Vec<RankedRow>,
}

impl Results {
    /// Publishes the standings of a stage as they are now. Without any difference from the newest version, nothing changes.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], or [`DomainError::Overloaded`] while other
    /// standings are made.
    pub async fn publish(
        &self,
        actor: Actor,
        id: StageId,
        input: PublicationInput,
    ) -> Result<PublicationView> {
        let stage = self.recorded_stage(actor, id).await?;
        let competition = stage.competition_id;
        for _ in 0..TRIES {
            let made = self
                .standings_now(self.0.database.read(), id, input)
                .await?;
            let transaction = self.0.database.begin().await?;
            advisory_lock::of_competition(&transaction, competition).await?;
            let now = stage::Entity::find_by_id(id).one(&transaction).await?;
            let now = now.ok_or(DomainError::NotFound)?;
            if (now.revision, now.state) == (made.stage.revision, made.stage.state) {
                return self.write_version(transaction, actor, made).await;
            }
            transaction.rollback().await?;
        }
        let transaction = self.0.database.begin().await?;
        advisory_lock::of_competition(&transaction, competition).await?;
        let made = self.standings_now(&transaction, id, input).await?;
        self.write_version(transaction, actor, made).await
    }

    /// Makes the standings of a stage from its results.
    async fn standings_now<C: ConnectionTrait>(
        &self,
        connection: &C,
        id: StageId,
        input: PublicationInput,
    ) -> Result<NewStandings> {
        let stage = stage::Entity::find_by_id(id).one(connection).await?;
        let stage = stage.ok_or(DomainError::NotFound)?;
        let state = match input.official {
            true => StageState::Official,
            false if stage.state == StageState::Official => StageState::Official,
            false => StageState::Provisional,
        };
        let before = stage.freeze_at.filter(|_| state != StageState::Official);
        let attempts = attempts(connection, id, before).await?;
        let entrants = entrants(connection, id).await?;
        let rule = RankingRule {
            direction: stage.direction,
            aggregate: stage.aggregate,
            tie_rule: stage.tie_rule,
        };
        let ranking = &self.0.ranking;
        let rows = ranking.run(move || rank(rule, &entrants, &attempts));
        let rows = rows.await?.map_err(InfrastructureError::internal)?;
        Ok(NewStandings { stage, state, rows })
    }

    /// Writes a version, if it differs from the newest one.
    async fn write_version(
        &self,
        transaction: Transaction,
        actor: Actor,
        made: NewStandings,
    ) -> Result<PublicationView> {
        let NewStandings { stage, state, rows } = made;
        let (id, competition) = (stage.id, stage.competition_id);
        let exists = competition::Entity::existing_by_id(competition)
            .one(&transaction)
            .await?;
        exists.ok_or(DomainError::NotFound)?;
        let newest = newest_version(&transaction, id).await?;
        let former = match newest {
            Some(newest) => Some(self.version(&transaction, id, newest.version).await?),
            None => None,
        };
        let mut changes = match &former {
            Some(former) => differences(&former.rows, &rows),
            None => Vec::new(),
        };
        let view = |newest: NewestVersion, changed: u64| PublicationView {
            stage_id: id,
            version: u32::try_from(newest.version).unwrap_or(0),
            state,
            published_at: newest.published_at,
            participants: rows.len() as u64,
            changed,
        };
        if let (Some(newest), Some(former)) = (newest, &former)
            && changes.is_empty()
            && stage.state == state
        {
            transaction.rollback().await?;
            return Ok(view(newest, former.changed));
        }
        let now = self.0.clock.now();
        let newest = NewestVersion {
            version: newest.map_or(1, |newest| newest.version.saturating_add(1)),
            published_at: now,
        };
        let changed = changes.len();
        changes.truncate(CHANGES_MAX);
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let row = standings::ActiveModel {
            stage_id: Set(id),
            version: Set(newest.version),
            state: Set(state),
            published_at: Set(now),
            by: Set(Some(actor.id)),
            participants: Set(count(rows.len())),
            changed: Set(count(changed)),
            rows: Set(serde_json::to_value(&rows).map_err(InfrastructureError::internal)?),
            changes: Set(serde_json::to_value(&changes).map_err(InfrastructureError::internal)?),
        };
        standings::Entity::insert(row)
            .exec_without_returning(&transaction)
            .await?;
        standings::Entity::delete_many()
            .filter(standings::Column::StageId.eq(id))
            .filter(standings::Column::Version.lte(newest.version - VERSIONS_MAX))
            .exec(&transaction)
            .await?;
        stage::Entity::update_many()
            .col_expr(stage::Column::State, Expr::value(state))
            .filter(stage::Column::Id.eq(id))
            .exec(&transaction)
            .await?;
        count_change(&transaction, competition, now).await?;
        let event = AuditEvent::by(actor, AuditAction::ResultsPublish, AuditOutcome::Done)
            .on(Some(competition))
            .with(json!({
                "stage": id,
                "version": newest.version,
                "state": state,
                "changed": changed,
            }));
        let record = self.0.audit.record(event);
        audit::write(&transaction, &record).await?;
        let changes = &self.0.changes;
        changes.commit_edit(transaction, competition).await?;
        audit::log_records(&record);
        Ok(view(newest, changed as u64))
    }
}

/// Reads the results of a stage, or only those that were recorded before a time.
async fn attempts<C: ConnectionTrait>(
    connection: &C,
    stage: StageId,
    before: Option<DateTime<Utc>>,
) -> Result<Vec<RankedAttempt>, InfrastructureError> {
    use performance::Column;
    let mut query = performance::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::RegistrationId,
            Column::Value,
            Column::Status,
            Column::At,
            Column::Supersedes,
        ])
        .filter(Column::StageId.eq(stage))
        .limit(STAGE_RESULTS_MAX);
    if let Some(before) = before {
        query = query.filter(Column::At.lt(before));
    }
    let rows: Vec<AttemptRow> = query.into_model().all(connection).await?;
    let attempt = |row: AttemptRow| RankedAttempt {
        id: row.id,
        registration: row.registration_id,
        value: row.value,
        status: row.status,
        at: row.at,
        supersedes: row.supersedes,
    };
    Ok(rows.into_iter().map(attempt).collect())
}

/// Reads those with a result in a stage who have a seat.
async fn entrants<C: ConnectionTrait>(
    connection: &C,
    stage: StageId,
) -> Result<Entrants, InfrastructureError> {
    use registration::Column;
    let with_result = Query::select()
        .column(performance::Column::RegistrationId)
        .from(performance::Entity)
        .and_where(performance::Column::StageId.eq(stage))
        .to_owned();
    let seated = [RegistrationStatus::Pending, RegistrationStatus::Confirmed];
    let rows: Vec<(RegistrationId, Option<DivisionId>)> = registration::Entity::find()
        .select_only()
        .columns([Column::Id, Column::DivisionId])
        .filter(Column::Id.in_subquery(with_result))
        .filter(Column::Status.is_in(seated))
        .limit(STAGE_RESULTS_MAX)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows.into_iter().collect())
}
