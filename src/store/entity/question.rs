//! Questions that competitions ask those who register.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::model::{CompetitionId, QuestionId, QuestionKind, QuestionScope, QuestionVisibility};

/// A row of `questions`: something that a competition asks everyone who registers.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "questions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: QuestionId,
    pub competition_id: CompetitionId,
    /// The order in which questions are asked.
    pub position: i32,
    pub kind: QuestionKind,
    /// What is asked, or the wording of a consent.
    pub label: String,
    /// What helps to answer; may be empty.
    pub help: String,
    pub required: bool,
    /// What can be chosen, as a JSON array of texts.
    #[sea_orm(column_type = "JsonBinary")]
    pub options: Json,
    pub scope: QuestionScope,
    /// Who may see the answers.
    pub visible_to: QuestionVisibility,
    pub created_at: DateTime<Utc>,
    /// When the organizer archived it. It is not asked any more, and its answers are kept.
    pub archived_at: Option<DateTime<Utc>>,
}

/// The joins that queries use.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
