//! Stages of competitions, in which participants have results.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{
    CompetitionId, ResultAggregate, ResultDirection, StageId, StageMetric, StageState, TieRule,
};

/// A row of `stages`: a part of a competition with results and standings of its own.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stages")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StageId,
    pub competition_id: CompetitionId,
    /// The order of the stages of a competition.
    pub position: i32,
    pub name: String,
    pub metric: StageMetric,
    pub direction: ResultDirection,
    /// The unit of values, as people read it; may be empty.
    pub unit: String,
    /// The number of decimals: values are whole numbers of the smallest unit.
    pub decimals: i32,
    pub aggregate: ResultAggregate,
    pub tie_rule: TieRule,
    pub state: StageState,
    /// From when on results stay unpublished until the stage is official.
    pub freeze_at: Option<DateTime<Utc>>,
    /// The number of changes of its settings and results.
    pub revision: i32,
    pub created_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
