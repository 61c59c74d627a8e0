//! Adds what an announcement is about to do and has done: to whom it goes, when it is sent, and how far it is.
//! Messages name the announcement that they contain, so that their mail can be counted.

use sea_orm_migration::prelude::*;

use crate::columns::{add, counter, drop, moment_or_null, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TIMES: [&str; 4] = ["send_at", "started_at", "finished_at", "withdrawn_at"];
const COUNTERS: [&str; 2] = ["total", "written"];
const INDEXES: [(&str, &str); 2] = [
    // Those that wait for their time. There are few.
    (
        "ix_announcements_scheduled",
        "announcements (send_at) WHERE started_at IS NULL AND withdrawn_at IS NULL",
    ),
    // Those whose mail was not sent: what remains is small, and what was sent costs nothing.
    (
        "ix_mail_box_unsent_announcements",
        "mail_box (announcement_id) WHERE announcement_id IS NOT NULL AND sent_at IS NULL",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Without a check, so that another audience needs no new table on SQLite.
        add(
            manager,
            "announcements",
            text("audience").default("ALL").take(),
        )
        .await?;
        for time in TIMES {
            add(manager, "announcements", moment_or_null(time)).await?;
        }
        for name in COUNTERS {
            add(manager, "announcements", counter(name)).await?;
        }
        let announcement = ColumnDef::new("announcement_id").uuid().null().to_owned();
        add(manager, "mail_box", announcement).await?;
        let database = manager.get_connection();
        // Those that exist were sent when they were written.
        database
            .execute_unprepared(
                "UPDATE announcements SET started_at = created_at, finished_at = created_at",
            )
            .await?;
        for (name, columns) in INDEXES {
            let sql = format!("CREATE INDEX {name} ON {columns}");
            database.execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        for (name, _) in INDEXES {
            database
                .execute_unprepared(&format!("DROP INDEX {name}"))
                .await?;
        }
        drop(manager, "mail_box", "announcement_id").await?;
        for column in COUNTERS.iter().chain(&TIMES) {
            drop(manager, "announcements", column).await?;
        }
        drop(manager, "announcements", "audience").await
    }
}
