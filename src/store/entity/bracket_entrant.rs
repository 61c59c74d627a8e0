//! The entrants of the brackets.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{BracketId, RegistrationId};

/// A row of `bracket_entrants`: a participant with a seed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bracket_entrants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub bracket_id: BracketId,
    /// The seed, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seed: i32,
    /// The registration; none if it does not exist any more.
    pub registration_id: Option<RegistrationId>,
    /// When the entrant was taken out of the bracket. A registration that is cancelled says so itself.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
