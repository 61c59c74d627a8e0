//! Creates the tables that lists of competitions are read from.
//!
//! | table | a row for each | what it is for |
//! | --- | --- | --- |
//! | `competition_listings` | competition that is not deleted | filters by phase, and every order |
//! | `competition_terms` | tag and word of the location of such a competition | filters by tag and place |
//! | `tag_counts` | tag | the number of published competitions with this tag that have not started |
//!
//! Triggers keep them, so that they are right whoever writes. Two views define what the rows contain. The
//! number of free seats changes hundreds of times per second while registration opens, so nothing here
//! contains it: a registration changes a row only if it takes the last seat, the first of the few, or if
//! the number of free seats crosses a power of two (`seats_rank`).
//!
//! `phase` is a number (`phase_number` in `listing_phases.rs`). Those that begin by themselves
//! (4 to 6) are written a little later by a scheduled task; queries compare the times as well.

mod rows;
mod triggers;

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use self::{
    rows::{COUNTS, LISTINGS, TERMS, fill, views},
    triggers::triggers,
};
use crate::columns::{index, int, moment, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The orders of lists.
const ORDERS: [&str; 5] = [
    "starts_at",
    "reg_deadline",
    "created_at",
    "title_key",
    "seats_rank",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        create_tables(manager).await?;
        let database = manager.get_connection();
        for statement in views(backend) {
            database.execute_unprepared(&statement).await?;
        }
        database.execute_unprepared(&fill(backend)).await?;
        create_indexes(manager).await?;
        for statement in triggers(backend) {
            database.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        let of_table = |trigger: &str| match (manager.get_database_backend(), trigger) {
            (DatabaseBackend::Sqlite, _) => format!("DROP TRIGGER IF EXISTS {trigger}"),
            _ => format!("DROP TRIGGER {trigger} ON competitions"),
        };
        for trigger in ["list_created", "list_edited", "list_seats", "list_deleted"] {
            database.execute_unprepared(&of_table(trigger)).await?;
        }
        for view in ["listed_terms", "listed_competitions"] {
            let sql = format!("DROP VIEW {view}");
            database.execute_unprepared(&sql).await?;
        }
        for table in [TERMS, LISTINGS, COUNTS] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        if manager.get_database_backend() == DatabaseBackend::Postgres {
            for function in [
                "list_created",
                "list_edited",
                "list_seats",
                "list_deleted",
                "count_new_tags",
                "count_old_tags",
                "count_moved_tags",
            ] {
                let sql = format!("DROP FUNCTION {function}()");
                database.execute_unprepared(&sql).await?;
            }
        }
        Ok(())
    }
}

async fn create_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut phase = ColumnDef::new("phase");
    phase.small_integer().not_null();
    let times = ["starts_at", "ends_at", "reg_deadline", "opens_at"].map(moment);
    let mut listings = Table::create();
    listings
        .table(LISTINGS)
        .col(uuid("id").primary_key().to_owned())
        .col(uuid("organizer_id"))
        .col(phase.clone())
        .col(int("seats_rank"));
    let mut terms = Table::create();
    terms
        .table(TERMS)
        .col(uuid("competition_id"))
        .col(text("term"))
        .col(phase)
        .primary_key(Index::create().col("competition_id").col("term"));
    for time in times {
        listings.col(time.clone());
        terms.col(time);
    }
    listings.col(moment("created_at")).col(text("title_key"));
    let mut counts = Table::create();
    counts
        .table(COUNTS)
        .col(text("tag").primary_key().to_owned())
        .col(int("upcoming"));
    for table in [listings, terms, counts] {
        manager.create_table(table).await?;
    }
    Ok(())
}

async fn create_indexes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let database = manager.get_connection();
    for order in ORDERS {
        // Whatever the phase, for everyone: all but drafts.
        let public = format!(
            "CREATE INDEX ix_{LISTINGS}_public_{order} ON {LISTINGS} ({order}, id) WHERE phase < 8"
        );
        database.execute_unprepared(&public).await?;
        // With what a condition on the times compares, so that counting reads the index alone.
        let times = match order {
            "starts_at" => ", reg_deadline, ends_at, opens_at",
            _ => "",
        };
        let of_phase = format!(
            "CREATE INDEX ix_{LISTINGS}_phase_{order} ON {LISTINGS} (phase, {order}, id{times})"
        );
        database.execute_unprepared(&of_phase).await?;
    }
    for columns in [
        &["phase", "ends_at"][..],
        &["opens_at"],
        &["organizer_id", "starts_at", "id"],
    ] {
        manager.create_index(index(LISTINGS, columns)).await?;
    }
    let sql = format!(
        "CREATE INDEX ix_{TERMS}_term ON {TERMS} \
         (term, phase, starts_at, competition_id, reg_deadline, ends_at, opens_at)"
    );
    database.execute_unprepared(&sql).await?;
    manager
        .create_index(index(COUNTS, &["upcoming", "tag"]))
        .await
}
