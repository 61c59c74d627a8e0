//! Start numbers: each participant with a seat gets one by a rule, and nobody ever gets one that another had.

mod assign;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait,
};
use serde_json::json;

use self::assign::{Assignment, Candidate, NumberRange, assign};
use super::{
    Actor, Result,
    audit::{Audit, AuditEvent},
    blocking_work::BlockingWork,
    changes::Changes,
    permissions,
};
use crate::{
    model::{
        AuditAction, AuditOutcome, CompetitionId, DivisionId, DomainError, Permission,
        RegistrationId, RegistrationStatus, StartNumberOrder, StartNumberView, StartNumbersView,
        forms::StartNumberInput,
    },
    ops::Clock,
    store::{
        Database, InfrastructureError, advisory_lock, audit,
        bulk::{self, Cells},
        entity::{competition, division, registration, start_number, user},
        search::folded_text,
    },
};

/// The most participants who are read: there are no more numbers than that.
const MOST: u64 = 100_000;
/// How many of them the response names.
const NAMED: usize = 100;
/// How many lists are sorted at the same time, and how long others wait.
const AT_ONCE: usize = 2;
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Gives start numbers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StartNumbers {
    database: Database,
    clock: Clock,
    audit: Audit,
    changes: Changes,
    sorting: BlockingWork,
}

/// A participant with a seat.
#[derive(Debug, Clone, FromQueryResult)]
struct SeatedRow {
    id: RegistrationId,
    division_id: Option<DivisionId>,
    registered_at: DateTime<Utc>,
    user_name: String,
}

impl StartNumbers {
    /// Creates the service over a database.
    #[must_use]
    pub fn new(database: Database, clock: Clock, audit: Audit, changes: Changes) -> Self {
        Self {
            database,
            clock,
            audit,
            changes,
            sorting: BlockingWork::new(AT_ONCE, MAX_WAIT),
        }
    }

    /// Gives numbers to those with a seat who have none, or says what that would do. Numbers that were given stay.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`], [`DomainError::Forbidden`], [`DomainError::Invalid`], or
    /// [`DomainError::Overloaded`] while other lists are sorted.
    pub async fn give(
        &self,
        actor: Actor,
        id: CompetitionId,
        input: StartNumberInput,
    ) -> Result<StartNumbersView> {
        self.permitted(actor, id).await?;
        let first = input.first()?;
        let divisions = self.divisions(id).await?;
        let positions = divisions.iter().map(|row| (row.id, row.position)).collect();
        let rows = self.seated(id).await?;
        let rows = self
            .sorting
            .run(move || sorted(rows, &positions, input.order));
        let rows = rows.await?.map_err(InfrastructureError::internal)?;
        let ranges = divisions
            .iter()
            .filter_map(|row| Some((row.id, range(row)?)))
            .collect();
        let (assignment, kept) = match input.dry_run {
            true => {
                let used = used(self.database.read(), id).await?;
                numbered(&rows, &used, &ranges, first)
            }
            false => self.write(actor, id, &rows, &ranges, first).await?,
        };
        let names: HashMap<_, _> = divisions
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect();
        let people: HashMap<_, _> = rows.iter().map(|row| (row.id, row)).collect();
        let named = assignment.given.iter().take(NAMED);
        let items = named.filter_map(|(id, number)| {
            let row = people.get(id)?;
            Some(StartNumberView {
                registration_id: *id,
                user_name: row.user_name.clone(),
                division: row.division_id.and_then(|id| names.get(&id).cloned()),
                start_number: *number,
            })
        });
        Ok(StartNumbersView {
            dry_run: input.dry_run,
            given: assignment.given.len() as u64,
            kept,
            without_number: assignment.without.len() as u64,
            items: items.collect(),
        })
    }

    /// Gives the numbers in one transaction. Another press at the same time waits, and finds everybody numbered.
    async fn write(
        &self,
        actor: Actor,
        id: CompetitionId,
        rows: &[SeatedRow],
        ranges: &HashMap<DivisionId, NumberRange>,
        first: u32,
    ) -> Result<(Assignment, u64)> {
        let now = self.clock.now();
        let transaction = self.database.begin().await?;
        advisory_lock::of_competition(&transaction, id).await?;
        let used = used(&transaction, id).await?;
        let (assignment, kept) = numbered(rows, &used, ranges, first);
        let given = &assignment.given;
        if given.is_empty() {
            return Ok((assignment, kept));
        }
        let number = |(_, number): &(_, u32)| i32::try_from(*number).unwrap_or(i32::MAX);
        let columns = vec![
            (
                "registration_id",
                Cells::Uuid(given.iter().map(|(id, _)| id.0).collect()),
            ),
            ("competition_id", Cells::Uuid(vec![id.0; given.len()])),
            ("number", Cells::Int(given.iter().map(number).collect())),
            ("assigned_at", Cells::Moment(vec![now; given.len()])),
        ];
        bulk::insert(&transaction, "start_numbers", columns, "").await?;
        let event = AuditEvent::by(actor, AuditAction::StartNumbers, AuditOutcome::Done)
            .on(Some(id))
            .with(json!({ "given": given.len() }));
        let record = self.audit.record(event);
        audit::write(&transaction, &record).await?;
        // Standings show them to everybody.
        self.changes.commit_edit(transaction, id).await?;
        audit::log_records(&record);
        Ok((assignment, kept))
    }

    async fn permitted(&self, actor: Actor, id: CompetitionId) -> Result<()> {
        let database = self.database.read();
        let row = competition::Entity::existing_by_id(id)
            .one(database)
            .await?;
        let row = row.ok_or(DomainError::NotFound)?;
        permissions::require(database, &self.audit, actor, &row, Permission::Edit).await?;
        Ok(())
    }

    /// Reads the divisions that a competition has or had.
    async fn divisions(&self, id: CompetitionId) -> Result<Vec<division::Model>> {
        let divisions = division::Entity::find().filter(division::Column::CompetitionId.eq(id));
        Ok(divisions.all(self.database.read()).await?)
    }

    /// Reads everybody with a seat.
    async fn seated(&self, id: CompetitionId) -> Result<Vec<SeatedRow>> {
        use registration::Column;
        Ok(registration::Entity::find()
            .select_only()
            .columns([Column::Id, Column::DivisionId, Column::RegisteredAt])
            .column_as(user::Column::Name, "user_name")
            .join(JoinType::InnerJoin, registration::Relation::User.def())
            .filter(Column::CompetitionId.eq(id))
            .filter(
                Column::Status.is_in([RegistrationStatus::Pending, RegistrationStatus::Confirmed]),
            )
            .order_by_asc(Column::RegisteredAt)
            .order_by_asc(Column::Id)
            .limit(MOST)
            .into_model()
            .all(self.database.read())
            .await?)
    }
}

/// The numbers of a competition, by registration.
type UsedNumbers = HashMap<RegistrationId, u32>;

/// Reads all numbers that were ever given in a competition.
async fn used<C: ConnectionTrait>(
    connection: &C,
    id: CompetitionId,
) -> Result<UsedNumbers, InfrastructureError> {
    use start_number::Column;
    let numbers: Vec<(RegistrationId, i32)> = start_number::Entity::find()
        .select_only()
        .columns([Column::RegistrationId, Column::Number])
        .filter(Column::CompetitionId.eq(id))
        .into_tuple()
        .all(connection)
        .await?;
    let number = |(id, number)| Some((id, u32::try_from(number).ok()?));
    Ok(numbers.into_iter().filter_map(number).collect())
}

/// Returns who gets which number, and how many have one.
fn numbered(
    rows: &[SeatedRow],
    used: &UsedNumbers,
    ranges: &HashMap<DivisionId, NumberRange>,
    first: u32,
) -> (Assignment, u64) {
    let (kept, candidates): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| used.contains_key(&row.id));
    let candidates = candidates.into_iter().map(|row| Candidate {
        id: row.id,
        division: row.division_id,
    });
    let candidates: Vec<_> = candidates.collect();
    let numbers: HashSet<u32> = used.values().copied().collect();
    let assignment = assign(&candidates, &numbers, ranges, first);
    (assignment, kept.len() as u64)
}

/// Sorts people by the position of their division, and within it by the order of the rule.
fn sorted(
    mut rows: Vec<SeatedRow>,
    positions: &HashMap<DivisionId, i32>,
    order: StartNumberOrder,
) -> Vec<SeatedRow> {
    let position = |row: &SeatedRow| row.division_id.and_then(|id| positions.get(&id).copied());
    match order {
        StartNumberOrder::Name => rows.sort_by_cached_key(|row| {
            (
                position(row),
                folded_text(&row.user_name),
                row.registered_at,
                row.id.0,
            )
        }),
        StartNumberOrder::RegisteredAt => {
            rows.sort_by_key(|row| (position(row), row.registered_at, row.id.0));
        }
    }
    rows
}

fn range(row: &division::Model) -> Option<NumberRange> {
    let number = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok());
    Some(NumberRange {
        from: number(row.number_from)?,
        to: number(row.number_to)?,
    })
}
