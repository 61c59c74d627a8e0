//! Gives what belongs to a cancelled registration to the one with which its participant has come back.

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement, Value};

use super::decide::Plan;
use crate::{
    model::{CompetitionId, RegistrationId},
    store::{
        InfrastructureError, Transaction,
        bulk::{self, Cells},
    },
};

/// The tables whose rows go with the participant. They have an index on `registration_id`.
const BELONGINGS: [&str; 4] = [
    "start_numbers",
    "registration_notes",
    "check_ins",
    "bracket_entrants",
];

/// A cancelled registration, and the one with which its participant has come back.
type Pair = (RegistrationId, RegistrationId);

/// Moves start numbers, notes, check-ins and entrants of brackets to the registrations of participants who come back. They
/// must be inserted already. Without any, nothing is done.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database fails.
pub(super) async fn move_belongings(
    transaction: &Transaction,
    plans: &[(CompetitionId, Plan)],
) -> Result<(), InfrastructureError> {
    let inserted = plans.iter().flat_map(|(_, plan)| &plan.insert);
    let pairs: Vec<Pair> = inserted
        .filter_map(|row| Some((row.former?, row.id)))
        .collect();
    if pairs.is_empty() {
        return Ok(());
    }
    let backend = transaction.get_database_backend();
    for table in BELONGINGS {
        let statement = moving(backend, table, &pairs);
        transaction.execute_raw(statement).await?;
    }
    Ok(())
}

fn moving(backend: DatabaseBackend, table: &str, pairs: &[Pair]) -> Statement {
    if backend == DatabaseBackend::Postgres {
        let columns = vec![
            (
                "former",
                Cells::Uuid(pairs.iter().map(|(former, _)| former.0).collect()),
            ),
            (
                "again",
                Cells::Uuid(pairs.iter().map(|(_, again)| again.0).collect()),
            ),
        ];
        let sql = format!(
            "UPDATE {table} AS t SET registration_id = r.again FROM {{rows}} \
             WHERE t.registration_id = r.former"
        );
        return bulk::with_rows(&sql, columns);
    }
    // SQLite names the columns of VALUES so.
    let rows = vec!["(?, ?)"; pairs.len()].join(", ");
    let sql = format!(
        "UPDATE {table} SET registration_id = r.column2 FROM (VALUES {rows}) AS r \
         WHERE {table}.registration_id = r.column1"
    );
    let values = pairs
        .iter()
        .flat_map(|(former, again)| [Value::from(former.0), Value::from(again.0)]);
    Statement::from_sql_and_values(backend, sql, values)
}
