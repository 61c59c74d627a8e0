//! Start numbers of participants.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{CompetitionId, RegistrationId};

/// A row of `start_numbers`: the number of a participant, which nobody else of the competition ever gets.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "start_numbers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub registration_id: RegistrationId,
    pub competition_id: CompetitionId,
    pub number: i32,
    pub assigned_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
