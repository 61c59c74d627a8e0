//! Lists competitions by their open seats: the free ones that are not set aside for those who have a code.
//!
//! The view and the trigger of the listings are created anew with that number in place of all free seats.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// The open seats of a competition.
pub(crate) const OPEN_SEATS: &str = "({row}.seats_left - {row}.seats_reserved)";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        list_seats(manager, OPEN_SEATS, ", seats_reserved").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        list_seats(manager, "{row}.seats_left", "").await
    }
}

/// Returns the phase of a published competition before its deadline, where `{row}` has so many `seats`.
fn phase_of_seats(sqlite: bool, seats: &str, row: &str) -> String {
    let greatest = if sqlite { "max" } else { "greatest" };
    let seats = seats.replace("{row}", row);
    format!(
        "CASE WHEN {row}.paused THEN -1 WHEN {seats} > {greatest}({row}.capacity / 10, 1) THEN 0 \
         WHEN {seats} > 0 THEN 1 WHEN {row}.waitlist_enabled THEN 2 ELSE 3 END"
    )
}

/// Returns the number of binary digits of the number of `seats`.
fn seats_rank(seats: &str, row: &str) -> String {
    let seats = seats.replace("{row}", row);
    let cases: String = (0..20)
        .rev()
        .map(|bit| format!(" WHEN {seats} >= {} THEN {}", 1 << bit, bit + 1))
        .collect();
    format!("CASE{cases} ELSE 0 END")
}

/// Returns the condition that the listing of a competition changes with its `seats`.
pub(crate) fn crossed(sqlite: bool, seats: &str) -> String {
    let phase = |row| phase_of_seats(sqlite, seats, row);
    let rank = |row| seats_rank(seats, row);
    format!(
        "NEW.deleted_at IS NULL AND (({}) <> ({}) OR ({}) <> ({}))",
        phase("OLD"),
        phase("NEW"),
        rank("OLD"),
        rank("NEW")
    )
}

/// Creates the view of the listings and the trigger that follows the `seats`, which depend on these further columns.
async fn list_seats(manager: &SchemaManager<'_>, seats: &str, columns: &str) -> Result<(), DbErr> {
    let sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
    let phase = |row| phase_of_seats(sqlite, seats, row);
    let rank = |row| seats_rank(seats, row);
    let least = if sqlite { "min" } else { "least" };
    let listings = format!(
        "VIEW listed_competitions AS \
         SELECT c.id, c.organizer_id, \
           CASE c.status WHEN 'DRAFT' THEN 8 WHEN 'CANCELLED' THEN 7 ELSE {} END AS phase, \
           {} AS seats_rank, c.starts_at, coalesce(c.ends_at, c.starts_at) AS ends_at, \
           {least}(c.reg_deadline, c.starts_at) AS reg_deadline, coalesce(c.opens_at, c.created_at) AS opens_at, c.created_at, \
           substr(lower(c.title), 1, 60) AS title_key \
         FROM competitions c WHERE c.deleted_at IS NULL",
        phase("c"),
        rank("c"),
    );
    let crossed = crossed(sqlite, seats);
    let (new_phase, new_rank) = (phase("NEW"), rank("NEW"));
    let body = format!(
        "UPDATE competition_listings SET phase = CASE WHEN phase <= 3 THEN {new_phase} ELSE phase END, \
           seats_rank = {new_rank} WHERE id = NEW.id; \
         UPDATE competition_terms SET phase = {new_phase} \
           WHERE competition_id = NEW.id AND phase <= 3 AND phase <> ({new_phase});"
    );
    let event = format!("UPDATE OF seats_left, capacity, waitlist_enabled, paused{columns}");
    let statements = if sqlite {
        vec![
            "DROP TRIGGER list_seats".to_owned(),
            "DROP VIEW listed_competitions".to_owned(),
            format!("CREATE {listings}"),
            format!(
                "CREATE TRIGGER list_seats AFTER {event} ON competitions WHEN {crossed} BEGIN {body} END"
            ),
        ]
    } else {
        vec![
            "DROP TRIGGER list_seats ON competitions".to_owned(),
            format!("CREATE OR REPLACE {listings}"),
            format!(
                "CREATE OR REPLACE FUNCTION list_seats() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
            ),
            format!(
                "CREATE TRIGGER list_seats AFTER {event} ON competitions FOR EACH ROW WHEN ({crossed}) EXECUTE FUNCTION list_seats()"
            ),
        ]
    };
    for statement in statements {
        manager
            .get_connection()
            .execute_unprepared(&statement)
            .await?;
    }
    Ok(())
}
