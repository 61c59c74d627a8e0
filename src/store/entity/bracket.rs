//! The brackets of the competitions.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{
    BracketFormat, BracketId, BracketSeeding, BracketState, BracketTieRule, CompetitionId,
    DivisionId,
};

/// A row of `brackets`: who meets whom in a competition, or in a division of it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "brackets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BracketId,
    pub competition_id: CompetitionId,
    /// The division to which it is limited.
    pub division_id: Option<DivisionId>,
    pub name: String,
    pub format: BracketFormat,
    pub seeding: BracketSeeding,
    pub state: BracketState,
    /// Whether the losers of the semi-finals meet.
    pub third_place: bool,
    /// Whether the grand final may be played again.
    pub reset: bool,
    /// The number of rounds of the Swiss system; 0 for other formats.
    pub rounds: i32,
    pub win_points: i32,
    pub tie_rule: BracketTieRule,
    /// The number of entrants.
    pub entrants: i32,
    /// The number of changes.
    pub revision: i32,
    pub created_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
