//! Published standings of stages.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{StageId, StageState, UserId};

/// A row of `standings`: what was published of a stage at one time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "standings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub stage_id: StageId,
    /// The number of the publication, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// Whether it was provisional or official.
    pub state: StageState,
    pub published_at: DateTime<Utc>,
    /// The account that published it; none if it does not exist any more.
    pub by: Option<UserId>,
    /// The number of participants in it.
    pub participants: i32,
    /// The number of participants for whom it differs from the version before.
    pub changed: i32,
    /// The participants in their order, without names.
    #[sea_orm(column_type = "JsonBinary")]
    pub rows: Json,
    /// What differs from the version before.
    #[sea_orm(column_type = "JsonBinary")]
    pub changes: Json,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
