//! Makes the condition of the trigger that follows the seats of listings short.
//!
//! PostgreSQL parses and simplifies the condition of a trigger for each statement that may fire it. The one of before
//! compared two cases of twenty branches and was 39 KB as PostgreSQL stores it: each update of a seat counter spent
//! 0.1 ms on it, hardly ever to fire the trigger. It takes a quarter of that now.
//!
//! | what the trigger follows | the condition |
//! | --- | --- |
//! | the number of binary digits of the open seats | two numbers have another number of digits if and only if what they do not have in common (`#`) is greater than what they have (`&`) |
//! | whether few seats are left | as before |
//! | whether there are any | zero has no digits |
//! | whether registration is paused, the waitlist and the capacity | any edit, since they are rarely edited |
//!
//! What the trigger does stays as it was: it writes what is right, however often it fires. SQLite keeps its trigger, which is
//! parsed once for a statement that is kept.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::m20261130_000311_open_seats::{OPEN_SEATS, crossed};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let edited = "(OLD.paused, OLD.waitlist_enabled, OLD.capacity) \
                      <> (NEW.paused, NEW.waitlist_enabled, NEW.capacity)";
        let many = |row: &str| {
            let seats = OPEN_SEATS.replace("{row}", row);
            format!("({seats} > greatest({row}.capacity / 10, 1))")
        };
        let seats = |row: &str| format!("greatest({}, 0)", OPEN_SEATS.replace("{row}", row));
        let (old, new) = (seats("OLD"), seats("NEW"));
        let condition = format!(
            "NEW.deleted_at IS NULL AND ({edited} OR {} <> {} OR ({old} # {new}) > ({old} & {new}))",
            many("OLD"),
            many("NEW")
        );
        replace_trigger(manager, &condition).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace_trigger(manager, &crossed(false, OPEN_SEATS)).await
    }
}

/// Creates the trigger with another condition, on PostgreSQL.
async fn replace_trigger(manager: &SchemaManager<'_>, condition: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let create = format!(
        "CREATE TRIGGER list_seats \
         AFTER UPDATE OF seats_left, capacity, waitlist_enabled, paused, seats_reserved ON competitions \
         FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION list_seats()"
    );
    for sql in ["DROP TRIGGER list_seats ON competitions", &*create] {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}
