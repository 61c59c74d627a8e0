//! The matches of the brackets.

use sea_orm::entity::prelude::*;

use crate::model::{BracketId, MatchId, MatchOutcome};

/// A row of `bracket_matches`: a match, and the result that counts.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bracket_matches")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MatchId,
    pub bracket_id: BracketId,
    /// The number in the bracket, from 1.
    pub number: i32,
    /// The round of the Swiss system; 0 for other formats, whose matches follow from their number.
    pub round: i32,
    /// The seed of the first entrant: of the pairing in the Swiss system, otherwise of the result.
    pub first: Option<i64>,
    /// The seed of the second entrant; none with a bye.
    pub second: Option<i64>,
    /// The result; none before there is one.
    pub outcome: Option<MatchOutcome>,
    pub first_score: Option<i64>,
    pub second_score: Option<i64>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
