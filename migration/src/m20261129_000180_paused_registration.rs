//! Adds whether registration for a competition is paused, and lists paused competitions in a phase of their own.
//!
//! The number of that phase is -1: like those of the other phases before the deadline it is at most 3, so that
//! everything else that depends on the numbers stays as it is. The view and the trigger of the listings are created
//! anew with it.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut paused = ColumnDef::new("paused");
        paused.boolean().not_null().default(false);
        add(manager, "competitions", paused).await?;
        list_phases(manager, "WHEN {row}.paused THEN -1 ", ", paused").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        list_phases(manager, "", "").await?;
        let phase = phase_of_seats(manager, "", "c");
        for (table, id) in [
            ("competition_listings", "id"),
            ("competition_terms", "competition_id"),
        ] {
            let sql = format!(
                "UPDATE {table} SET phase = (SELECT {phase} FROM competitions c WHERE c.id = {table}.{id}) \
                 WHERE phase = -1"
            );
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        drop(manager, "competitions", "paused").await
    }
}

/// Returns the phase of a published competition before its deadline. `paused` is the first case of the expression.
fn phase_of_seats(manager: &SchemaManager<'_>, paused: &str, row: &str) -> String {
    let greatest = match manager.get_database_backend() {
        DatabaseBackend::Sqlite => "max",
        _ => "greatest",
    };
    let paused = paused.replace("{row}", row);
    format!(
        "CASE {paused}WHEN {row}.seats_left > {greatest}({row}.capacity / 10, 1) THEN 0 \
         WHEN {row}.seats_left > 0 THEN 1 WHEN {row}.waitlist_enabled THEN 2 ELSE 3 END"
    )
}

/// Returns the number of binary digits of the number of free seats.
fn seats_rank(row: &str) -> String {
    let cases: String = (0..20)
        .rev()
        .map(|bit| format!(" WHEN {row}.seats_left >= {} THEN {}", 1 << bit, bit + 1))
        .collect();
    format!("CASE{cases} ELSE 0 END")
}

/// Creates the view of the listings and the trigger that follows the seats, with this first case of the phase, and
/// with these further columns on which it depends.
async fn list_phases(
    manager: &SchemaManager<'_>,
    paused: &str,
    columns: &str,
) -> Result<(), DbErr> {
    let sqlite = manager.get_database_backend() == DatabaseBackend::Sqlite;
    let phase = |row| phase_of_seats(manager, paused, row);
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
        seats_rank("c"),
    );
    let crossed = format!(
        "NEW.deleted_at IS NULL AND (({}) <> ({}) OR ({}) <> ({}))",
        phase("OLD"),
        phase("NEW"),
        seats_rank("OLD"),
        seats_rank("NEW")
    );
    let (new_phase, new_rank) = (phase("NEW"), seats_rank("NEW"));
    let body = format!(
        "UPDATE competition_listings SET phase = CASE WHEN phase <= 3 THEN {new_phase} ELSE phase END, \
           seats_rank = {new_rank} WHERE id = NEW.id; \
         UPDATE competition_terms SET phase = {new_phase} \
           WHERE competition_id = NEW.id AND phase <= 3 AND phase <> ({new_phase});"
    );
    let event = format!("UPDATE OF seats_left, capacity, waitlist_enabled{columns}");
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
