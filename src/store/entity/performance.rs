//! Results of participants in stages of competitions.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{PerformanceId, PerformanceStatus, RegistrationId, StageId, UserId};

/// A row of `performances`: a result as it was recorded. It never changes, but that its note is erased with the account
/// of the participant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "performances")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PerformanceId,
    pub stage_id: StageId,
    pub registration_id: RegistrationId,
    /// The value in the smallest unit of the stage; none without a result.
    pub value: Option<i64>,
    pub status: PerformanceStatus,
    /// What the helper has noted; may be empty.
    pub note: String,
    /// The account that recorded it; none if it does not exist any more.
    pub by: Option<UserId>,
    pub at: DateTime<Utc>,
    /// The result that this one corrects.
    pub supersedes: Option<PerformanceId>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
