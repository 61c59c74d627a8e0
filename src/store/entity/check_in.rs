//! The check-ins of participants.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{CompetitionId, RegistrationId, UserId};

/// A row of `check_ins`: a participant was there, or a check-in was undone.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "check_ins")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub registration_id: RegistrationId,
    pub competition_id: CompetitionId,
    /// The time of the earliest scan that counts.
    pub at: DateTime<Utc>,
    /// The account that scanned then; none if it does not exist any more.
    pub by: Option<UserId>,
    /// The device that scanned, by the name that it gave itself.
    pub device: Option<String>,
    /// When the check-in was undone, if it does not count any more.
    pub undone_at: Option<DateTime<Utc>>,
    /// When a check-in was undone for the last time: scans up to this time have no effect.
    pub not_before: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The registration that is checked in.
    #[sea_orm(
        belongs_to = "super::registration::Entity",
        from = "Column::RegistrationId",
        to = "super::registration::Column::Id"
    )]
    Registration,
}

impl ActiveModelBehavior for ActiveModel {}
