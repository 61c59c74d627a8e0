//! Creates the table of how many registrations each competition got and lost in each minute and each quarter of an
//! hour, and fills it from the registrations that exist.
//!
//! `first_minute` is the number of minutes since 1970 at which the period begins, and `minutes` its length: 1 or 15.
//! The offset of every time zone is a multiple of 15 minutes, so that hours and days of any zone consist of such
//! quarters.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::columns::{int, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "registration_counts";
const COUNTS: [&str; 5] = [
    "registered",
    "waitlisted",
    "promoted",
    "cancelled",
    "left_waitlist",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table
            .table(TABLE)
            .col(uuid("competition_id"))
            .col(int("minutes"))
            .col(ColumnDef::new("first_minute").big_integer().not_null());
        for count in COUNTS {
            table.col(int(count));
        }
        table.primary_key(
            Index::create()
                .col("competition_id")
                .col("minutes")
                .col("first_minute"),
        );
        manager.create_table(table).await?;
        for minutes in [1, 15] {
            let fill = fill(manager.get_database_backend(), minutes);
            manager.get_connection().execute_unprepared(&fill).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}

/// Returns the statement that counts what has happened so far in periods of this length.
fn fill(backend: DatabaseBackend, minutes: u32) -> String {
    let minute = |column: &str| match backend {
        DatabaseBackend::Sqlite => format!("CAST(strftime('%s', {column}) AS INTEGER) / 60"),
        _ => format!("floor(extract(epoch FROM {column}) / 60)::bigint"),
    };
    let event = |column: &str, counts: [&str; 5]| {
        let counts: Vec<_> = counts
            .iter()
            .zip(COUNTS)
            .map(|(count, name)| format!("{count} AS {name}"))
            .collect();
        format!(
            "SELECT competition_id, {} AS minute, {} FROM registrations WHERE {column} IS NOT NULL",
            minute(column),
            counts.join(", ")
        )
    };
    let first = "CASE WHEN waitlist_seq IS NULL THEN 1 ELSE 0 END";
    let waited = "CASE WHEN waitlist_seq IS NULL THEN 0 ELSE 1 END";
    let had_seat = "CASE WHEN waitlist_seq IS NULL OR promoted_at IS NOT NULL THEN 1 ELSE 0 END";
    let had_none = "CASE WHEN waitlist_seq IS NULL OR promoted_at IS NOT NULL THEN 0 ELSE 1 END";
    let events = [
        event("registered_at", [first, waited, "0", "0", "0"]),
        event("promoted_at", ["0", "0", "1", "0", "0"]),
        event("cancelled_at", ["0", "0", "0", had_seat, had_none]),
    ];
    let sums: Vec<_> = COUNTS.iter().map(|name| format!("sum({name})")).collect();
    format!(
        "INSERT INTO {TABLE} (competition_id, minutes, first_minute, {}) \
         SELECT competition_id, {minutes}, minute - minute % {minutes}, {} \
         FROM ({}) AS events GROUP BY competition_id, minute - minute % {minutes}",
        COUNTS.join(", "),
        sums.join(", "),
        events.join(" UNION ALL ")
    )
}
