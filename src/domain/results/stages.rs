//! Adding, changing, ordering and removing the stages of a competition.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, sea_query::Expr,
};
use serde_json::json;

use super::{Results, count_change, is_public, newest_version, stage_view, stages_of};
use crate::{
    domain::{Actor, Result, audit::AuditEvent, catalog::Computed, changes::Scope, permissions},
    model::{
        AuditAction, AuditOutcome, CompetitionId, CompetitionView, DomainError, PerformanceId,
        Permission, StageId, StageState, StageView,
        forms::{
            CheckedStage, FieldErrors, FieldProblem, ResultProblem, STAGES_MAX, StageInput,
            StagePatch,
        },
    },
    store::{
        InfrastructureError, Transaction, advisory_lock, audit,
        entity::{performance, stage},
    },
};

impl Results {
    /// Returns the stages of a competition in their order: those that everybody sees, and all for those who work on it.
    ///
    /// # Errors
    /// Returns an infrastructure error if the database is unavailable.
    pub async fn stages(
        &self,
        competition: &CompetitionView,
        viewer: Option<Actor>,
    ) -> Result<Vec<StageView>> {
        let all = self.public_stages(competition).await?;
        let Some(viewer) = viewer.filter(|_| competition.results_revision > 0) else {
            return Ok(all.to_vec());
        };
        let database = self.0.database.read();
        let (id, owner) = (competition.id, competition.organizer_id);
        let role = permissions::role_of(database, viewer, id, owner).await?;
        match permissions::check(role, Permission::SeeOverview) {
            Ok(_) => Ok(self.read_stages(id).await?),
            Err(_forbidden) => Ok(all.to_vec()),
        }
    }

    /// Returns all stages of a competition, for those who record results.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn all_stages(&self, actor: Actor, id: CompetitionId) -> Result<Vec<StageView>> {
        self.permitted(actor, id, Permission::RecordResults).await?;
        Ok(self.read_stages(id).await?)
    }

    /// Returns the stages that everybody sees, from memory while they are true.
    pub(super) async fn public_stages(
        &self,
        competition: &CompetitionView,
    ) -> Result<std::sync::Arc<Vec<StageView>>> {
        if competition.results_revision == 0 {
            return Ok(std::sync::Arc::default());
        }
        let id = competition.id;
        let compute = async || {
            let mut value = self.read_stages(id).await?;
            value.retain(|stage| is_public(stage.state));
            Ok(Computed {
                size: value.len() * size_of::<StageView>() * 2,
                value,
                valid_until: None,
            })
        };
        let stages = &self.0.stages;
        stages
            .get_or_compute(id, Scope::Competition(id), compute)
            .await
    }

    async fn read_stages(&self, id: CompetitionId) -> Result<Vec<StageView>, InfrastructureError> {
        let stages = stages_of(self.0.database.read(), id).await?;
        let view = |(row, newest): &(stage::Model, _)| stage_view(row, *newest);
        Ok(stages.iter().map(view).collect())
    }

    /// Adds a stage behind the others.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::Invalid`].
    pub async fn add_stage(
        &self,
        actor: Actor,
        competition: CompetitionId,
        input: StageInput,
    ) -> Result<StageView> {
        self.permitted(actor, competition, Permission::Edit).await?;
        let checked = input.check()?;
        let state = unpublished(input.state)?;
        let now = self.0.clock.now();
        let transaction = self.0.database.begin().await?;
        advisory_lock::of_competition(&transaction, competition).await?;
        let before = stages_of(&transaction, competition).await?;
        if before.len() >= STAGES_MAX {
            let problem = ResultProblem::TooManyStages(STAGES_MAX as u64);
            return Err(FieldErrors::one("name", problem).into());
        }
        let row = new_row(competition, checked, state, before.len(), now);
        let row = row.insert(&transaction).await?;
        let change = StageChange {
            id: row.id,
            before: None,
            after: Some(&row.name),
        };
        self.commit_stage(transaction, actor, competition, change)
            .await?;
        Ok(stage_view(&row, None))
    }

    /// Changes a stage. What gives results their meaning stays as it is once there are any.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::Invalid`].
    pub async fn edit_stage(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: StageId,
        patch: StagePatch,
    ) -> Result<StageView> {
        self.permitted(actor, competition, Permission::Edit).await?;
        let transaction = self.0.database.begin().await?;
        advisory_lock::of_competition(&transaction, competition).await?;
        let before = stages_of(&transaction, competition).await?;
        let place = before.iter().position(|(row, _)| row.id == id);
        let place = place.ok_or(DomainError::NotFound)?;
        let (former, newest) = &before[place];
        let view = stage_view(former, *newest);
        let input = patch.applied_to(&view);
        let checked = input.check()?;
        if input.state != former.state {
            let free = !former.state.is_published();
            let state = unpublished(input.state).ok().filter(|_| free);
            state.ok_or_else(state_by_publication)?;
        }
        let meaning = (checked.metric, checked.decimals) != (view.metric, view.decimals);
        if meaning && has_results(&transaction, id).await? {
            let field = match checked.metric == view.metric {
                true => "decimals",
                false => "metric",
            };
            return Err(FieldErrors::one(field, ResultProblem::StageHasResults).into());
        }
        let mut row = former.clone().into_active_model();
        row.name = Set(checked.name);
        row.metric = Set(checked.metric);
        row.direction = Set(checked.direction);
        row.unit = Set(checked.unit);
        row.decimals = Set(places(checked.decimals));
        row.aggregate = Set(checked.aggregate);
        row.tie_rule = Set(checked.tie_rule);
        row.state = Set(input.state);
        row.freeze_at = Set(checked.freeze_at);
        row.revision = Set(former.revision.wrapping_add(1));
        let row = row.update(&transaction).await?;
        if let Some(position) = patch.position {
            let mut order: Vec<_> = before.iter().map(|(row, _)| row.id).collect();
            let to = index(position, order.len())?;
            let moved = order.remove(place);
            order.insert(to, moved);
            write_order(&transaction, &order).await?;
        }
        let change = StageChange {
            id,
            before: Some(&former.name),
            after: Some(&row.name),
        };
        self.commit_stage(transaction, actor, competition, change)
            .await?;
        let newest = newest_version(self.0.database.write(), id).await?;
        Ok(stage_view(&row, newest))
    }

    /// Removes a stage that has no results.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::StageHasResults`].
    pub async fn remove_stage(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: StageId,
    ) -> Result<()> {
        self.permitted(actor, competition, Permission::Edit).await?;
        let transaction = self.0.database.begin().await?;
        advisory_lock::of_competition(&transaction, competition).await?;
        let before = stages_of(&transaction, competition).await?;
        let (removed, others): (Vec<_>, Vec<_>) =
            before.into_iter().partition(|(row, _)| row.id == id);
        let (removed, _) = removed.first().ok_or(DomainError::NotFound)?;
        if has_results(&transaction, id).await? {
            return Err(DomainError::StageHasResults.into());
        }
        stage::Entity::delete_by_id(id).exec(&transaction).await?;
        let order: Vec<_> = others.iter().map(|(row, _)| row.id).collect();
        write_order(&transaction, &order).await?;
        let change = StageChange {
            id,
            before: Some(&removed.name),
            after: None,
        };
        self.commit_stage(transaction, actor, competition, change)
            .await
    }

    async fn commit_stage(
        &self,
        transaction: Transaction,
        actor: Actor,
        competition: CompetitionId,
        change: StageChange<'_>,
    ) -> Result<()> {
        let parts = &self.0;
        count_change(&transaction, competition, parts.clock.now()).await?;
        let event = AuditEvent::by(actor, AuditAction::CompetitionEdit, AuditOutcome::Done)
            .on(Some(competition))
            .with(json!({
                "changed": ["stage"],
                "before": { "stage": change.before },
                "after": { "stage": change.after },
                "id": change.id,
            }));
        let record = parts.audit.record(event);
        audit::write(&transaction, &record).await?;
        parts.changes.commit_edit(transaction, competition).await?;
        audit::log_records(&record);
        Ok(())
    }
}

/// What the audit log says about a change of a stage.
struct StageChange<'a> {
    id: StageId,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

/// Returns the state of a stage that was never published.
fn unpublished(state: StageState) -> Result<StageState, FieldErrors> {
    match state {
        StageState::Draft | StageState::Open => Ok(state),
        StageState::Provisional | StageState::Official => Err(state_by_publication()),
    }
}

fn state_by_publication() -> FieldErrors {
    FieldErrors::one("state", ResultProblem::StateByPublication)
}

fn places(decimals: u32) -> i32 {
    i32::try_from(decimals).unwrap_or(0)
}

fn new_row(
    competition: CompetitionId,
    checked: CheckedStage,
    state: StageState,
    position: usize,
    now: DateTime<Utc>,
) -> stage::ActiveModel {
    stage::ActiveModel {
        id: Set(StageId::new()),
        competition_id: Set(competition),
        position: Set(i32::try_from(position).unwrap_or(i32::MAX)),
        name: Set(checked.name),
        metric: Set(checked.metric),
        direction: Set(checked.direction),
        unit: Set(checked.unit),
        decimals: Set(places(checked.decimals)),
        aggregate: Set(checked.aggregate),
        tie_rule: Set(checked.tie_rule),
        state: Set(state),
        freeze_at: Set(checked.freeze_at),
        revision: Set(0),
        created_at: Set(now),
    }
}

/// Returns the index of a place, which is counted from 1, among so many stages.
fn index(position: i64, stages: usize) -> Result<usize, FieldErrors> {
    let index = position
        .checked_sub(1)
        .and_then(|index| usize::try_from(index).ok());
    index.filter(|index| *index < stages).ok_or_else(|| {
        let problem = ResultProblem::NoSuchPlace(stages as u64);
        FieldErrors::one("position", FieldProblem::from(problem))
    })
}

/// Writes the places of stages.
async fn write_order(transaction: &Transaction, order: &[StageId]) -> Result<()> {
    use stage::Column;
    for (position, id) in (0..).zip(order) {
        stage::Entity::update_many()
            .col_expr(Column::Position, Expr::value(position))
            .filter(Column::Id.eq(*id))
            .filter(Column::Position.ne(position))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Returns whether anybody has a result in a stage.
async fn has_results(transaction: &Transaction, id: StageId) -> Result<bool> {
    use performance::Column;
    let found: Option<PerformanceId> = performance::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::StageId.eq(id))
        .limit(1)
        .into_tuple()
        .one(transaction)
        .await?;
    Ok(found.is_some())
}
