//! The answers of participants: checked before a registration is queued, changed until the start, and read with their
//! questions.
//!
//! The check needs the questions, which are usually in memory. The decision, under the row lock, sends a registration back
//! whose answers were checked against others than the competition has by then.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, LockType},
};
use serde_json::{Value, json};

use super::{
    command::CheckedAnswers,
    competition_state::CompetitionState,
    outcome::{RegistrationReply, StoredOutcome, StoredResponse},
    service::Registrations,
};
use crate::{
    domain::{
        Actor, Result,
        audit::AuditEvent,
        questions::{ASKING_COLUMNS, AskingRow, QuestionSet, asked_by, questions_of},
    },
    model::{
        AnsweredQuestion, Answers, AuditAction, AuditOutcome, BIRTH_DATE, CompetitionId,
        CompetitionStatus, CompetitionView, DomainError, IdempotencyKey, QuestionView,
        RegistrationId, RegistrationView, UserId,
        forms::{
            CodeProblem, FieldErrors, GivenAnswers, answer_field, change_answers, check_answers,
        },
    },
    store::{
        InfrastructureError, audit,
        entity::{competition, idempotency_log, registration},
    },
};

/// Returns the reply to a request whose key has a stored outcome.
pub(super) fn repeated(stored: Arc<StoredOutcome>, fingerprint: &str) -> Result<RegistrationReply> {
    match stored.fingerprint == fingerprint {
        true => Ok(RegistrationReply {
            stored,
            replayed: true,
        }),
        false => Err(DomainError::IdempotencyKeyReused.into()),
    }
}

/// Returns the answers in a row.
pub(in crate::domain) fn stored_answers(row: &registration::Model) -> Option<Answers> {
    answers_of(row.answers.clone()?)
}

/// Returns answers from stored JSON. What another release has written in another form counts as none.
pub(super) fn answers_of(stored: Value) -> Option<Answers> {
    let answers: Answers = serde_json::from_value(stored).ok()?;
    (!answers.is_empty()).then_some(answers)
}

impl Registrations {
    /// Checks the answers of a new registration. The competition is assumed to ask nothing if this process knows of no
    /// questions and there are no answers; the decision knows better.
    pub(super) async fn check(
        &self,
        competition: CompetitionId,
        given: &GivenAnswers,
    ) -> Result<Result<CheckedAnswers, FieldErrors>> {
        let known = match self.questions.known(competition).await {
            Some(known) => known,
            None if given.is_empty() => return Ok(Ok(CheckedAnswers::default())),
            None => self.questions.read(competition).await?,
        };
        match self.check_against(&known, given) {
            Ok(checked) => Ok(Ok(checked)),
            // The questions may have changed in another process.
            Err(_) => {
                let newest = self.questions.read(competition).await?;
                Ok(self.check_against(&newest, given))
            }
        }
    }

    pub(super) fn check_against(
        &self,
        questions: &QuestionSet,
        given: &GivenAnswers,
    ) -> Result<CheckedAnswers, FieldErrors> {
        let answers = check_answers(&questions.asked, given, self.clock.now())?;
        Ok(CheckedAnswers {
            revision: questions.revision,
            answers,
        })
    }

    /// Refuses a request with wrong answers. A repeat of one that has an outcome gets that, since the questions may have
    /// changed meanwhile; and nobody is sent to correct answers while registration is closed.
    pub(super) async fn refuse_answers(
        &self,
        (user, key, fingerprint): (UserId, &IdempotencyKey, &str),
        competition: CompetitionId,
        errors: FieldErrors,
    ) -> Result<RegistrationReply> {
        let now = self.clock.now();
        let read = self.database.read();
        let stored = idempotency_log::Entity::find_by_id((user, key.to_string()));
        if let Some(row) = stored.one(read).await?.filter(|row| now < row.expires_at) {
            let response = StoredResponse {
                status: u16::try_from(row.response_status)
                    .map_err(InfrastructureError::internal)?,
                body: (self.codec.canonical)(&row.response),
            };
            let stored = StoredOutcome::restore(
                &self.codec,
                row.request_fingerprint,
                response,
                row.expires_at,
            );
            return repeated(Arc::new(stored), fingerprint);
        }
        let row = competition::Entity::existing_by_id(competition)
            .one(read)
            .await?;
        let row = row.filter(|row| row.status != CompetitionStatus::Draft);
        CompetitionState::from(row.ok_or(DomainError::NotFound)?).takes_registrations(now)?;
        Err(errors.into())
    }

    /// Changes the answers of a registration of `actor`, until the competition starts. Questions that are not named keep
    /// their answers.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such registration or `actor` does not own it,
    /// [`DomainError::AnswersClosed`] if it is cancelled or the competition has started, and [`DomainError::Invalid`].
    pub async fn change_answers(
        &self,
        actor: Actor,
        id: RegistrationId,
        given: &GivenAnswers,
    ) -> Result<()> {
        let now = self.clock.now();
        let found = registration::Entity::find_by_id(id)
            .find_also_related(competition::Entity)
            .filter(competition::Column::DeletedAt.is_null())
            .one(self.database.read())
            .await?;
        let (row, of) = found.ok_or(DomainError::NotFound)?;
        let of = of.filter(|_| row.user_id == actor.id);
        let of = of.ok_or(DomainError::NotFound)?;
        let questions = match of.questions_revision {
            0 => Arc::default(),
            _ => self.questions.read(of.id).await?,
        };
        let event = AuditEvent::by(actor, AuditAction::AnswersChange, AuditOutcome::Done);
        let event = event.on(Some(of.id)).with(json!({ "registration": id }));
        let record = self.audit.record_bounded(event).await;
        let transaction = self.database.begin().await?;
        // No question changes until the answers are written, so that no answer is to a question that was removed. The
        // competition is locked before the registration, as everywhere.
        let asking: Option<AskingRow> = competition::Entity::existing_by_id(of.id)
            .select_only()
            .columns(ASKING_COLUMNS)
            .lock(LockType::Share)
            .into_tuple()
            .one(&transaction)
            .await?;
        let asking = asking.ok_or(DomainError::NotFound)?;
        let asked = match asking.0 == questions.revision {
            true => questions.asked.clone(),
            false => asked_by(&transaction, of.id, asking).await?,
        };
        // Two changes at once are one after the other.
        let row = registration::Entity::find_by_id(id)
            .lock(LockType::NoKeyUpdate)
            .one(&transaction)
            .await?
            .ok_or(DomainError::NotFound)?;
        if !takes_answers(&row, &of, now) {
            return Err(DomainError::AnswersClosed.into());
        }
        let before = stored_answers(&row).unwrap_or_default();
        let after = change_answers(&asked, &before, given, now)?;
        if after == before {
            return Ok(());
        }
        // The age is checked by it when somebody registers. Who was not asked then gives it once.
        let birth = |answers: &Answers| answers.get(&BIRTH_DATE).cloned();
        if birth(&before).is_some() && birth(&before) != birth(&after) {
            let field = answer_field(BIRTH_DATE);
            return Err(FieldErrors::one(&field, CodeProblem::BirthDateIsFixed).into());
        }
        let stored = match after.is_empty() {
            true => None,
            false => Some(serde_json::to_value(&after).map_err(InfrastructureError::internal)?),
        };
        registration::Entity::update_many()
            .col_expr(registration::Column::Answers, Expr::value(stored))
            .filter(registration::Column::Id.eq(id))
            .exec(&transaction)
            .await?;
        audit::write(&transaction, &record).await?;
        transaction.commit().await?;
        audit::log_records(&record);
        Ok(())
    }

    /// Returns what a competition asks, each question with the answer of a registration, and the answers to questions
    /// that it does not ask any more.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails.
    pub async fn answered(
        &self,
        competition: &CompetitionView,
        registration: &RegistrationView,
    ) -> Result<Vec<AnsweredQuestion>> {
        let all = match (competition.questions_revision, &registration.answers) {
            (0, _) => return Ok(Vec::new()),
            // Archived ones are not kept in memory.
            (_, Some(answers)) => {
                let mut all = questions_of(self.database.read(), competition.id).await?;
                if answers.contains_key(&BIRTH_DATE) {
                    all.push(QuestionView::birth_date());
                }
                all
            }
            (_, None) => self.questions.of(competition).await?.asked.clone(),
        };
        let with_answer = |question: QuestionView| {
            let answers = registration.answers.as_ref();
            let answer = answers
                .and_then(|answers| answers.get(&question.id))
                .cloned();
            (!question.archived || answer.is_some())
                .then_some(AnsweredQuestion { question, answer })
        };
        Ok(all.into_iter().filter_map(with_answer).collect())
    }
}

/// Returns whether the answers of a registration can be changed.
fn takes_answers(row: &registration::Model, of: &competition::Model, now: DateTime<Utc>) -> bool {
    row.status.is_live() && of.status != CompetitionStatus::Cancelled && now < of.starts_at
}
