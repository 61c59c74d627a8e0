//! Saved views of the list of a competition's participants.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{CompetitionId, SavedViewId};

/// A row of `saved_views`: a filter and an order of the list under a name.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_views")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SavedViewId,
    pub competition_id: CompetitionId,
    pub name: String,
    /// The name in lower case, unique in the competition.
    pub name_key: String,
    /// The words that are searched.
    pub search: Option<String>,
    /// The name of a status.
    pub status: Option<String>,
    /// The tag of a language.
    pub language: Option<String>,
    /// Whether it shows those with a seat who are checked in, or those who are not.
    pub checked_in: Option<bool>,
    /// The name of an order.
    pub sort: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The words that are searched may be names of people.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SavedView({})", self.id)
    }
}
