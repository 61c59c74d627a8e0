//! The questions of competitions, read from memory while they are asked.
//!
//! A row of `competitions` counts the changes of its questions. A set of questions carries the number that was read before
//! it, so that it is at least as new as the number says, and whoever knows the number of the row knows whether a set is the
//! present one. The number is 0 for a competition that never had any questions: nothing is read about it.
//!
//! ```text
//! page, API:     view with revision 3 ──▶ a set in memory with 3 or more ──▶ questions
//! registration:  newest set in memory ──▶ answers checked against 3 ──▶ decision: the row has 4 ──▶ read, check again
//! ```

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use crate::{
    model::{
        BIRTH_DATE, CompetitionId, CompetitionView, DivisionId, QuestionView, RegistrationId,
        forms::QUESTIONS_EVER,
    },
    store::{
        Database, InfrastructureError,
        entity::{competition, division, question, registration},
    },
};

/// The memory for questions, in bytes.
const MEMORY: u64 = 16 << 20;
/// After this time without use a set is dropped.
const IDLE: Duration = Duration::from_secs(600);
/// The approximate cost of a question besides its texts, in bytes.
const OVERHEAD: usize = 200;

/// The columns of a competition that say what it asks.
pub(super) const ASKING_COLUMNS: [competition::Column; 5] = [
    competition::Column::QuestionsRevision,
    competition::Column::HasDivisions,
    competition::Column::AgeMin,
    competition::Column::AgeMax,
    competition::Column::AgesUnchecked,
];
/// The values of [`ASKING_COLUMNS`].
pub(super) type AskingRow = (i32, bool, Option<i32>, Option<i32>, bool);

/// The questions that a competition asks, that for the date of birth included, and the number of changes that they include.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuestionSet {
    /// The number of changes of the questions so far.
    pub revision: i32,
    /// The questions that are asked, in their order.
    pub asked: Vec<QuestionView>,
}

/// Reads the questions of competitions. Cheap to clone; clones share their memory.
#[derive(Debug, Clone)]
pub struct Questions {
    database: Database,
    sets: Cache<CompetitionId, Arc<QuestionSet>>,
}

impl Questions {
    /// Creates an empty memory in front of a database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        let size = |_: &CompetitionId, set: &Arc<QuestionSet>| {
            let texts = |one: &QuestionView| {
                let options: usize = one.options.iter().map(|option| option.len() + 24).sum();
                OVERHEAD + one.label.len() + one.help.len() + options
            };
            let size: usize = set.asked.iter().map(texts).sum();
            u32::try_from(OVERHEAD + size).unwrap_or(u32::MAX)
        };
        Self {
            database,
            sets: Cache::builder()
                .weigher(size)
                .max_capacity(MEMORY)
                .time_to_idle(IDLE)
                .build(),
        }
    }

    /// Returns the questions that a competition asks.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails.
    pub async fn of(
        &self,
        competition: &CompetitionView,
    ) -> Result<Arc<QuestionSet>, InfrastructureError> {
        let revision = competition.questions_revision;
        if revision == 0 {
            return Ok(Arc::default());
        }
        match self.known(competition.id).await {
            Some(set) if set.revision >= revision => Ok(set),
            _ => self.read(competition.id).await,
        }
    }

    /// Returns the newest questions that this process knows of.
    pub(super) async fn known(&self, competition: CompetitionId) -> Option<Arc<QuestionSet>> {
        self.sets.get(&competition).await
    }

    /// Reads the questions that a competition asks now; none if it does not exist.
    ///
    /// # Errors
    /// Returns an [`InfrastructureError`] if the database fails.
    pub(super) async fn read(
        &self,
        competition: CompetitionId,
    ) -> Result<Arc<QuestionSet>, InfrastructureError> {
        let read = self.database.read();
        // The number comes first: questions that are newer than it are checked once more, and older ones never pass.
        let row: Option<AskingRow> = competition::Entity::existing_by_id(competition)
            .select_only()
            .columns(ASKING_COLUMNS)
            .into_tuple()
            .one(read)
            .await?;
        let set = match row {
            Some(row @ (revision @ 1.., ..)) => {
                let asked = asked_by(read, competition, row).await?;
                QuestionSet { revision, asked }
            }
            _ => QuestionSet::default(),
        };
        let set = Arc::new(set);
        if set.revision > 0 {
            self.sets.insert(competition, Arc::clone(&set)).await;
        }
        Ok(set)
    }
}

/// Returns the questions that a competition with these values asks, that for the date of birth included.
pub(super) async fn asked_by<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
    (_, has_divisions, age_min, age_max, unchecked): AskingRow,
) -> Result<Vec<QuestionView>, InfrastructureError> {
    let mut asked = questions_of(connection, competition).await?;
    asked.retain(|one| !one.archived);
    let limits_age = age_min.is_some() || age_max.is_some();
    if !unchecked
        && (limits_age || (has_divisions && divide_by_age(connection, competition).await?))
    {
        asked.push(QuestionView::birth_date());
    }
    Ok(asked)
}

/// Returns whether a division of the competition has a lowest or a highest age.
async fn divide_by_age<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
) -> Result<bool, InfrastructureError> {
    use division::Column;
    let limits = Condition::any()
        .add(Column::AgeMin.is_not_null())
        .add(Column::AgeMax.is_not_null());
    let found: Option<DivisionId> = division::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::CompetitionId.eq(competition))
        .filter(Column::RemovedAt.is_null())
        .filter(limits)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(found.is_some())
}

/// Returns all questions of a competition and the one for the date of birth, for those who read all answers. What somebody has
/// answered stays, whatever is asked by now.
pub(super) async fn answered_questions<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
) -> Result<Vec<QuestionView>, InfrastructureError> {
    let mut all = questions_of(connection, competition).await?;
    if has_birth_dates(connection, competition).await? {
        all.push(QuestionView::birth_date());
    }
    Ok(all)
}

/// Returns whether somebody has answered the question for the date of birth. At worst this reads all registrations of the
/// competition.
async fn has_birth_dates<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
) -> Result<bool, InfrastructureError> {
    use registration::Column;
    let answer = format!("answers ->> '{BIRTH_DATE}' IS NOT NULL");
    let found: Option<RegistrationId> = registration::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::CompetitionId.eq(competition))
        .filter(Expr::cust(answer))
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(found.is_some())
}

/// Returns all questions of a competition: those that are asked in their order, then those that are archived.
pub(super) async fn questions_of<C: ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
) -> Result<Vec<QuestionView>, InfrastructureError> {
    use question::Column;
    let rows = question::Entity::find()
        .filter(Column::CompetitionId.eq(competition))
        .order_by_asc(Column::Position)
        .order_by_asc(Column::Id)
        .limit(QUESTIONS_EVER as u64)
        .all(connection)
        .await?;
    let mut questions: Vec<_> = rows.into_iter().map(view_of).collect();
    questions.sort_by_key(|one| one.archived);
    Ok(questions)
}

/// Returns the view of a question's row.
pub(super) fn view_of(row: question::Model) -> QuestionView {
    QuestionView {
        id: row.id,
        kind: row.kind,
        label: row.label,
        help: row.help,
        required: row.required,
        options: serde_json::from_value(row.options).unwrap_or_default(),
        scope: row.scope,
        visible_to: row.visible_to,
        archived: row.archived_at.is_some(),
    }
}
