//! Adds former schedules (start, end and location before an edit) and the number of the schedule that each
//! participant was last told.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop, int, moment, moment_or_null, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The number of the current schedule, and of the one that the participant knows.
        for table in ["competitions", "registrations"] {
            add(manager, table, int("schedule_revision").default(0).take()).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("former_schedules")
                    .col(uuid("competition_id"))
                    .col(int("revision"))
                    .col(moment("starts_at"))
                    .col(moment_or_null("ends_at"))
                    .col(text("location"))
                    .primary_key(Index::create().col("competition_id").col("revision"))
                    .foreign_key(&mut references(
                        "former_schedules",
                        "competition_id",
                        "competitions",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("former_schedules").to_owned())
            .await?;
        for table in ["registrations", "competitions"] {
            drop(manager, table, "schedule_revision").await?;
        }
        Ok(())
    }
}
