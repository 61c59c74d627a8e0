//! The history of the matches of brackets.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{BracketId, MatchChangeId, MatchChangeKind, MatchOutcome, UserId};

/// A row of `match_changes`: what was done to the result of a match. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "match_changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MatchChangeId,
    pub bracket_id: BracketId,
    /// The number of the match in its bracket.
    pub number: i32,
    pub kind: MatchChangeKind,
    /// The seed of the first entrant.
    pub first: Option<i64>,
    /// The seed of the second entrant.
    pub second: Option<i64>,
    /// The result that was recorded, or that does not count any more.
    pub outcome: Option<MatchOutcome>,
    pub first_score: Option<i64>,
    pub second_score: Option<i64>,
    /// The account that did it; none if it does not exist any more.
    pub by: Option<UserId>,
    pub at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
