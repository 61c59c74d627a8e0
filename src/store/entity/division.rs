//! Divisions of competitions with their seat counters.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{CompetitionId, DivisionId};

/// A row of `divisions`: a part of a competition that participants choose when they register.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "divisions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DivisionId,
    pub competition_id: CompetitionId,
    /// The order in which divisions are shown.
    pub position: i32,
    pub name: String,
    /// The number of seats, at least 1; `None` if only the competition's capacity limits it.
    pub capacity: Option<i32>,
    /// The seat counter, `capacity` minus `taken`; `None` without a capacity.
    pub seats_left: Option<i32>,
    /// The number of registrations that are PENDING or CONFIRMED.
    pub taken: i32,
    /// The number of WAITLISTED registrations.
    pub waitlisted: i32,
    /// The number of free seats that are set aside for holders of a code.
    pub seats_reserved: i32,
    /// The lowest age of participants, in years.
    pub age_min: Option<i32>,
    /// The highest age of participants, in years.
    pub age_max: Option<i32>,
    /// When the division starts, if not with the competition.
    pub starts_at: Option<DateTime<Utc>>,
    /// The first start number.
    pub number_from: Option<i32>,
    /// The last start number.
    pub number_to: Option<i32>,
    pub created_at: DateTime<Utc>,
    /// When the organizer removed it. A row to which cancelled registrations refer is kept.
    pub removed_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
