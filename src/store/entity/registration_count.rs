//! How many registrations a competition got and lost in a period.

use sea_orm::entity::prelude::*;

use crate::model::CompetitionId;

/// A row of `registration_counts`: the registrations of a competition in a minute or in a quarter of an hour.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registration_counts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub competition_id: CompetitionId,
    /// The length of the period: 1 or 15.
    #[sea_orm(primary_key, auto_increment = false)]
    pub minutes: i32,
    /// The number of minutes from the Unix epoch to the beginning of the period.
    #[sea_orm(primary_key, auto_increment = false)]
    pub first_minute: i64,
    /// The number of registrations that got a seat at once.
    pub registered: i32,
    /// The number of registrations that joined the waitlist.
    pub waitlisted: i32,
    /// The number of registrations that were promoted from the waitlist to a seat.
    pub promoted: i32,
    /// The number of seats that were given back.
    pub cancelled: i32,
    /// The number of registrations that left the waitlist.
    pub left_waitlist: i32,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The competition whose registrations are counted.
    #[sea_orm(
        belongs_to = "super::competition::Entity",
        from = "Column::CompetitionId",
        to = "super::competition::Column::Id"
    )]
    Competition,
}

impl ActiveModelBehavior for ActiveModel {}
