//! Fills a database for load tests, with the rows that real use would write.

use std::path::PathBuf;

use chrono::{TimeDelta, Utc};
use clap::Args;
use sea_orm::{EntityTrait, QueryFilter};

use crate::{
    model::{CompetitionId, CompetitionStatus, RegistrationId, RegistrationStatus, Role, UserId},
    store::{
        Database, InfrastructureError, TimeLimits,
        bulk::{self, Cells},
        entity::competition,
        search,
    },
};

/// The number of rows in one statement.
const ROWS_PER_STATEMENT: usize = 5_000;
/// The number of search documents that are written together.
const SEARCH_DOCUMENTS_PER_STATEMENT: usize = 500;

/// The number of rows to write.
#[derive(Debug, Clone, Args)]
pub struct Amounts {
    /// The number of participants
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub users: u32,
    /// The number of published competitions
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub competitions: u32,
    /// The number of seats in each competition
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i32).range(1..=1_000_000))]
    pub capacity: i32,
    /// The number of confirmed registrations, as far as seats and participants suffice
    #[arg(long, default_value_t = 0)]
    pub registrations: u32,
    /// The file to which the ids of the rows are written, as JSON
    #[arg(long, value_name = "FILE")]
    pub ids: Option<PathBuf>,
}

/// Fills the database; returns the counts as a JSON object.
///
/// Accounts have no password that works: load tests sign their own tokens.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails or the file of ids cannot be written.
pub async fn fill(
    database: &Database,
    amounts: &Amounts,
) -> Result<serde_json::Value, InfrastructureError> {
    let transaction = database.begin_within(TimeLimits::LONG).await?;
    let run = UserId::new().0.simple().to_string();
    let organizer = users(&transaction, &run, 1, Role::Organizer).await?;
    let users = users(&transaction, &run, amounts.users, Role::Participant).await?;
    let per_competition = spread(amounts);
    let organizer = organizer.first().copied().unwrap_or_else(UserId::new);
    let competitions = competitions(&transaction, organizer, amounts, &per_competition).await?;
    let mut registered = 0;
    for (competition, taken) in competitions.iter().zip(&per_competition) {
        let holders = users.iter().copied().take(*taken);
        registered += registrations(&transaction, *competition, holders).await?;
    }
    transaction.commit().await?;
    if let Some(file) = &amounts.ids {
        let ids = serde_json::json!({
            "organizerId": organizer,
            "users": users,
            "competitions": competitions,
        });
        tokio::fs::write(file, ids.to_string())
            .await
            .map_err(|error| {
                InfrastructureError::internal(format!("{}: {error}", file.display()))
            })?;
    }
    Ok(serde_json::json!({
        "users": users.len(),
        "competitions": competitions.len(),
        "registrations": registered,
        "organizerId": organizer,
    }))
}

/// Returns how many seats are taken in each competition.
fn spread(amounts: &Amounts) -> Vec<usize> {
    let most = usize::try_from(amounts.capacity)
        .unwrap_or(0)
        .min(usize::try_from(amounts.users).unwrap_or(0));
    let mut left = usize::try_from(amounts.registrations).unwrap_or(0);
    (0..amounts.competitions)
        .map(|_| {
            let taken = most.min(left);
            left -= taken;
            taken
        })
        .collect()
}

async fn users<C: sea_orm::ConnectionTrait>(
    connection: &C,
    run: &str,
    count: u32,
    role: Role,
) -> Result<Vec<UserId>, InfrastructureError> {
    let now = Utc::now();
    let ids: Vec<UserId> = (0..count).map(|_| UserId::new()).collect();
    for (page, ids) in ids.chunks(ROWS_PER_STATEMENT).enumerate() {
        let number = |at: usize| page * ROWS_PER_STATEMENT + at + 1;
        let rows = ids.len();
        let columns = vec![
            ("id", Cells::Uuid(ids.iter().map(|id| id.0).collect())),
            (
                "name",
                Cells::Text(
                    (0..rows)
                        .map(|at| format!("Seeded {}", number(at)))
                        .collect(),
                ),
            ),
            (
                "email",
                Cells::Text(
                    (0..rows)
                        .map(|at| {
                            let kind = role.as_str().to_lowercase();
                            format!("{kind}-{}-{run}@example.test", number(at))
                        })
                        .collect(),
                ),
            ),
            ("password_hash", Cells::Text(vec!["!".to_owned(); rows])),
            ("role", Cells::Text(vec![role.to_string(); rows])),
            ("created_at", Cells::Moment(vec![now; rows])),
            ("updated_at", Cells::Moment(vec![now; rows])),
        ];
        bulk::insert(connection, "users", columns, "").await?;
    }
    Ok(ids)
}

async fn competitions<C: sea_orm::ConnectionTrait>(
    connection: &C,
    organizer: UserId,
    amounts: &Amounts,
    taken: &[usize],
) -> Result<Vec<CompetitionId>, InfrastructureError> {
    let now = Utc::now();
    let ids: Vec<CompetitionId> = taken.iter().map(|_| CompetitionId::new()).collect();
    for (page, (ids, taken)) in ids
        .chunks(ROWS_PER_STATEMENT)
        .zip(taken.chunks(ROWS_PER_STATEMENT))
        .enumerate()
    {
        let rows = ids.len();
        let texts = |text: &str| Cells::Text(vec![text.to_owned(); rows]);
        let numbers = || (0..rows).map(|at| page * ROWS_PER_STATEMENT + at);
        // One after the other, a minute apart.
        let starts = || {
            numbers().map(|n| {
                let minutes = TimeDelta::minutes(i64::try_from(n).unwrap_or(0));
                now + TimeDelta::days(31) + minutes
            })
        };
        let columns = vec![
            ("id", Cells::Uuid(ids.iter().map(|id| id.0).collect())),
            ("organizer_id", Cells::Uuid(vec![organizer.0; rows])),
            (
                "title",
                Cells::Text(
                    (0..rows)
                        .map(|at| {
                            format!("Seeded competition {}", page * ROWS_PER_STATEMENT + at + 1)
                        })
                        .collect(),
                ),
            ),
            ("description", texts("Written by `mini-compete seed`.")),
            (
                "location",
                Cells::Text(numbers().map(|n| format!("Hall {}", n % 20)).collect()),
            ),
            (
                "tags",
                Cells::Json(
                    numbers()
                        .map(|n| serde_json::json!(["seeded", format!("topic-{}", n % 50)]))
                        .collect(),
                ),
            ),
            ("capacity", Cells::Int(vec![amounts.capacity; rows])),
            (
                "seats_left",
                Cells::Int(
                    taken
                        .iter()
                        .map(|taken| amounts.capacity - i32::try_from(*taken).unwrap_or(0))
                        .collect(),
                ),
            ),
            (
                "status",
                Cells::Text(vec![CompetitionStatus::Published.to_string(); rows]),
            ),
            (
                "reg_deadline",
                Cells::Moment(starts().map(|start| start - TimeDelta::days(1)).collect()),
            ),
            ("starts_at", Cells::Moment(starts().collect())),
            ("created_at", Cells::Moment(vec![now; rows])),
            ("updated_at", Cells::Moment(vec![now; rows])),
        ];
        bulk::insert(connection, "competitions", columns, "").await?;
        write_search_documents(connection, ids).await?;
    }
    Ok(ids)
}

async fn write_search_documents<C: sea_orm::ConnectionTrait>(
    connection: &C,
    ids: &[CompetitionId],
) -> Result<(), InfrastructureError> {
    for ids in ids.chunks(SEARCH_DOCUMENTS_PER_STATEMENT) {
        let column = (competition::Entity, competition::Column::Id);
        let rows = competition::Entity::find()
            .filter(bulk::among(connection.get_database_backend(), column, ids))
            .all(connection)
            .await?;
        search::write_documents(connection, &rows).await?;
    }
    Ok(())
}

async fn registrations<C: sea_orm::ConnectionTrait>(
    connection: &C,
    competition: CompetitionId,
    holders: impl Iterator<Item = UserId>,
) -> Result<u64, InfrastructureError> {
    let now = Utc::now();
    let holders: Vec<UserId> = holders.collect();
    let mut written = 0;
    for holders in holders.chunks(ROWS_PER_STATEMENT) {
        let rows = holders.len();
        let columns = vec![
            (
                "id",
                Cells::Uuid(holders.iter().map(|_| RegistrationId::new().0).collect()),
            ),
            (
                "user_id",
                Cells::Uuid(holders.iter().map(|id| id.0).collect()),
            ),
            ("competition_id", Cells::Uuid(vec![competition.0; rows])),
            (
                "status",
                Cells::Text(vec![RegistrationStatus::Confirmed.to_string(); rows]),
            ),
            ("registered_at", Cells::Moment(vec![now; rows])),
        ];
        written += bulk::insert(connection, "registrations", columns, "").await?;
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registrations_fill_one_competition_after_the_other_and_never_overfill() {
        let amounts = Amounts {
            users: 50,
            competitions: 4,
            capacity: 20,
            registrations: 45,
            ids: None,
        };
        assert_eq!(spread(&amounts), [20, 20, 5, 0]);
    }
}
