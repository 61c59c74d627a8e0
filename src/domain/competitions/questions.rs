//! What a competition asks: adding, changing, ordering and archiving its questions.
//!
//! Each change is an edit of the competition under its row lock, so that no registration is committed between the look at
//! the questions and their change. It raises the number of the questions, by which registrations whose answers were checked
//! against others are checked again.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;

use super::{Competitions, question_rows::new_row, row_view::counts_of};
use crate::{
    domain::{
        Actor, Result,
        audit::AuditEvent,
        questions::{questions_of, view_of},
    },
    model::{
        AuditAction, AuditOutcome, CompetitionId, DomainError, Permission, QuestionId,
        QuestionView, RegistrationId,
        forms::{
            FieldErrors, QUESTIONS_EVER, QUESTIONS_MAX, QuestionInput, QuestionPatch,
            QuestionProblem,
        },
    },
    store::{
        Transaction, audit,
        entity::{
            competition::{Column, Entity},
            question, registration,
        },
    },
};

/// What is done to a question.
enum QuestionAction {
    Add(QuestionInput),
    Edit(QuestionPatch),
    Remove,
}

impl Competitions {
    /// Returns all questions of a competition, for those who edit it: those that are asked in their order, then those that
    /// are archived.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn all_questions(
        &self,
        actor: Actor,
        competition: CompetitionId,
    ) -> Result<Vec<QuestionView>> {
        self.permitted(actor, competition, Permission::Edit).await?;
        Ok(questions_of(self.database.read(), competition).await?)
    }

    /// Adds a question behind the others. Those who are registered already may answer it.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::Invalid`].
    pub async fn add_question(
        &self,
        actor: Actor,
        competition: CompetitionId,
        input: QuestionInput,
    ) -> Result<QuestionView> {
        let id = QuestionId::new();
        let action = QuestionAction::Add(input.check()?);
        self.change_question(actor, competition, id, action).await?;
        self.question(competition, id).await
    }

    /// Changes a question, moves it, archives it, or asks it again. Answers stay as they are.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`] or [`DomainError::Invalid`].
    pub async fn edit_question(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: QuestionId,
        patch: QuestionPatch,
    ) -> Result<QuestionView> {
        let action = QuestionAction::Edit(patch);
        self.change_question(actor, competition, id, action).await?;
        self.question(competition, id).await
    }

    /// Removes a question, or archives it if the competition has answers.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] or [`DomainError::Forbidden`].
    pub async fn remove_question(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: QuestionId,
    ) -> Result<()> {
        self.change_question(actor, competition, id, QuestionAction::Remove)
            .await
    }

    async fn question(&self, competition: CompetitionId, id: QuestionId) -> Result<QuestionView> {
        let row = question::Entity::find_by_id(id)
            .filter(question::Column::CompetitionId.eq(competition))
            .one(self.database.read())
            .await?;
        Ok(row.map(view_of).ok_or(DomainError::NotFound)?)
    }

    async fn change_question(
        &self,
        actor: Actor,
        competition: CompetitionId,
        id: QuestionId,
        action: QuestionAction,
    ) -> Result<()> {
        self.owned(actor, competition).await?;
        let now = self.clock.now();
        let transaction = self.database.begin().await?;
        // The update locks the row. A change that is refused is rolled back with it.
        let next = Expr::col(Column::Version).add(1);
        let marked = Entity::update_many()
            .col_expr(Column::Version, next.clone())
            .col_expr(Column::EditedAtVersion, next)
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .col_expr(
                Column::QuestionsRevision,
                Expr::col(Column::QuestionsRevision).add(1),
            )
            .filter(Column::Id.eq(competition))
            .filter(Column::DeletedAt.is_null())
            .exec(&transaction)
            .await?;
        let row = Entity::existing_by_id(competition)
            .one(&transaction)
            .await?;
        let Some(row) = row.filter(|_| marked.rows_affected == 1) else {
            return Err(DomainError::NotFound.into());
        };
        let before = questions_of(&transaction, competition).await?;
        let former = before.iter().find(|one| one.id == id).cloned();
        let mut asked: Vec<_> = before.iter().filter(|one| !one.archived).cloned().collect();
        let label = |one: &QuestionView| one.label.clone();
        let after = match action {
            QuestionAction::Add(input) => {
                if before.len() >= QUESTIONS_EVER {
                    return Err(too_many(QUESTIONS_EVER));
                }
                room(&asked)?;
                let row = new_row(id, competition, &input, asked.len(), now);
                question::Entity::insert(row)
                    .exec_without_returning(&transaction)
                    .await?;
                Some(input.label)
            }
            QuestionAction::Edit(patch) => {
                let former = former.as_ref().ok_or(DomainError::NotFound)?;
                let edited = edit(&transaction, former, &patch, now).await?;
                if patch.archived == Some(false) && former.archived {
                    room(&asked)?;
                }
                asked.retain(|one| one.id != id);
                if !edited.archived {
                    let at = place(&before, former, &patch, asked.len())?;
                    asked.insert(at, edited.clone());
                }
                write_order(&transaction, &asked).await?;
                Some(edited.label)
            }
            QuestionAction::Remove => {
                let former = former.as_ref().ok_or(DomainError::NotFound)?;
                match has_answers(&transaction, competition).await? {
                    true => {
                        let patch = QuestionPatch {
                            archived: Some(true),
                            ..QuestionPatch::default()
                        };
                        edit(&transaction, former, &patch, now).await?;
                    }
                    false => {
                        question::Entity::delete_by_id(id)
                            .exec(&transaction)
                            .await?;
                    }
                }
                asked.retain(|one| one.id != id);
                write_order(&transaction, &asked).await?;
                None
            }
        };
        let event = AuditEvent::by(actor, AuditAction::CompetitionEdit, AuditOutcome::Done)
            .on(Some(competition))
            .with(json!({
                "changed": ["question"],
                "before": { "question": former.as_ref().map(label) },
                "after": { "question": after },
                "id": id,
            }));
        let record = self.audit.record(event);
        audit::write(&transaction, &record).await?;
        self.changes.commit_edit(transaction, competition).await?;
        audit::log_records(&record);
        self.seats.publish(competition, counts_of(row)).await;
        Ok(())
    }
}

/// Writes a change of a question, without its place, and returns the question after it.
async fn edit(
    transaction: &Transaction,
    former: &QuestionView,
    patch: &QuestionPatch,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<QuestionView> {
    use question::Column;
    let input = patch.applied_to(former.into()).check()?;
    let archived = patch.archived.unwrap_or(former.archived);
    let mut update = question::Entity::update_many()
        .col_expr(Column::Label, Expr::value(input.label.clone()))
        .col_expr(Column::Help, Expr::value(input.help.clone()))
        .col_expr(Column::Required, Expr::value(input.required))
        .col_expr(Column::Options, Expr::value(json!(input.options)))
        .col_expr(Column::VisibleTo, Expr::value(input.visible_to))
        .filter(Column::Id.eq(former.id));
    if archived != former.archived {
        let archived_at = archived.then_some(now);
        update = update.col_expr(Column::ArchivedAt, Expr::value(archived_at));
    }
    update.exec(transaction).await?;
    Ok(QuestionView {
        id: former.id,
        kind: former.kind,
        label: input.label,
        help: input.help,
        required: input.required,
        options: input.options,
        scope: former.scope,
        visible_to: input.visible_to,
        archived,
    })
}

/// Returns the index at which a question is asked after a change, among `others` other questions.
fn place(
    before: &[QuestionView],
    former: &QuestionView,
    patch: &QuestionPatch,
    others: usize,
) -> Result<usize, DomainError> {
    let Some(position) = patch.position else {
        let mut asked = before.iter().filter(|one| !one.archived);
        let now = asked.position(|one| one.id == former.id);
        return Ok(now.unwrap_or(others));
    };
    let index = position
        .checked_sub(1)
        .and_then(|index| usize::try_from(index).ok())
        .filter(|index| *index <= others);
    index.ok_or_else(|| {
        let problem = QuestionProblem::NoSuchPlace(others as u64 + 1);
        DomainError::Invalid(FieldErrors::one("position", problem))
    })
}

/// Writes the places of the questions that are asked.
async fn write_order(transaction: &Transaction, asked: &[QuestionView]) -> Result<()> {
    for (position, one) in (0..).zip(asked) {
        question::Entity::update_many()
            .col_expr(question::Column::Position, Expr::value(position))
            .filter(question::Column::Id.eq(one.id))
            .filter(question::Column::Position.ne(position))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Checks that one more question may be asked.
fn room(asked: &[QuestionView]) -> Result<()> {
    match asked.len() < QUESTIONS_MAX {
        true => Ok(()),
        false => Err(too_many(QUESTIONS_MAX)),
    }
}

fn too_many(most: usize) -> crate::domain::Error {
    let problem = QuestionProblem::TooManyQuestions(most as u64);
    FieldErrors::one("label", problem).into()
}

/// Returns whether a registration for the competition has answers.
async fn has_answers(transaction: &Transaction, competition: CompetitionId) -> Result<bool> {
    use registration::Column;
    let found: Option<RegistrationId> = registration::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::CompetitionId.eq(competition))
        .filter(Column::Answers.is_not_null())
        .limit(1)
        .into_tuple()
        .one(transaction)
        .await?;
    Ok(found.is_some())
}
