//! Adds the ticks of scheduled tasks, claims on jobs that cannot be rolled back, the history of dead
//! letters, and announcements.

use sea_orm_migration::prelude::*;

use crate::columns::{
    add, drop, id, index, int, json, moment, moment_or_null, references, text, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("cron_ticks")
                    .col(text("job"))
                    .col(moment("tick"))
                    // The end of the claim: after it, another process may run the tick.
                    .col(moment("lease_until"))
                    .col(moment("fired_at"))
                    .col(moment_or_null("finished_at"))
                    .primary_key(Index::create().col("job").col("tick"))
                    .to_owned(),
            )
            .await?;

        // Only one worker at a time runs a job with an effect outside the database.
        add(manager, "outbox_jobs", moment_or_null("claimed_until")).await?;
        // The failures before a dead letter was retried: an array, oldest first.
        add(manager, "outbox_jobs", json("history").default("[]").take()).await?;
        add(manager, "failed_jobs", json("history").default("[]").take()).await?;
        add(manager, "failed_jobs", int("version").default(1).take()).await?;
        // A key that failures of one kind with one cause have in common.
        add(manager, "failed_jobs", text("group_key").default("").take()).await?;
        manager
            .create_index(index("failed_jobs", &["group_key"]))
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("announcements")
                    .col(id())
                    .col(uuid("competition_id"))
                    .col(ColumnDef::new("author_id").uuid().null())
                    .col(text("subject"))
                    .col(text("body"))
                    .col(moment("created_at"))
                    .foreign_key(&mut references(
                        "announcements",
                        "competition_id",
                        "competitions",
                        ForeignKeyAction::Cascade,
                    ))
                    .foreign_key(&mut references(
                        "announcements",
                        "author_id",
                        "users",
                        ForeignKeyAction::SetNull,
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index("announcements", &["competition_id", "created_at"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["announcements", "cron_ticks"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        manager
            .drop_index(
                Index::drop()
                    .name("ix_failed_jobs_group_key")
                    .table("failed_jobs")
                    .to_owned(),
            )
            .await?;
        for (table, column) in [
            ("failed_jobs", "group_key"),
            ("failed_jobs", "version"),
            ("failed_jobs", "history"),
            ("outbox_jobs", "history"),
            ("outbox_jobs", "claimed_until"),
        ] {
            drop(manager, table, column).await?;
        }
        Ok(())
    }
}
