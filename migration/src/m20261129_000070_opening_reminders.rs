//! Adds the wishes of accounts to be reminded before registration opens.

use sea_orm_migration::prelude::*;

use crate::columns::{moment, moment_or_null, references, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let parent = |column, table| {
            references(
                "opening_reminders",
                column,
                table,
                ForeignKeyAction::Cascade,
            )
        };
        manager
            .create_table(
                Table::create()
                    .table("opening_reminders")
                    .col(uuid("competition_id"))
                    .col(uuid("user_id"))
                    // The opening that the account was reminded of.
                    .col(moment_or_null("reminded_of"))
                    .col(moment("created_at"))
                    .primary_key(Index::create().col("competition_id").col("user_id"))
                    .foreign_key(&mut parent("competition_id", "competitions"))
                    .foreign_key(&mut parent("user_id", "users"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("opening_reminders").to_owned())
            .await
    }
}
