//! The rows of new questions.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use serde_json::json;

use crate::{
    model::{CompetitionId, QuestionId, forms::QuestionInput},
    store::{InfrastructureError, entity::question},
};

/// Inserts the questions of a new competition, in their order.
pub(super) async fn insert<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
    questions: Vec<QuestionInput>,
    now: DateTime<Utc>,
) -> Result<(), InfrastructureError> {
    for (position, input) in questions.iter().enumerate() {
        let row = new_row(QuestionId::new(), competition, input, position, now);
        question::Entity::insert(row)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Returns the row of a new question at its place, counted from 0.
pub(super) fn new_row(
    id: QuestionId,
    competition: CompetitionId,
    input: &QuestionInput,
    position: usize,
    now: DateTime<Utc>,
) -> question::ActiveModel {
    question::ActiveModel {
        id: Set(id),
        competition_id: Set(competition),
        position: Set(i32::try_from(position).unwrap_or(i32::MAX)),
        kind: Set(input.kind),
        label: Set(input.label.clone()),
        help: Set(input.help.clone()),
        required: Set(input.required),
        options: Set(json!(input.options)),
        scope: Set(input.scope),
        visible_to: Set(input.visible_to),
        created_at: Set(now),
        archived_at: Set(None),
    }
}
