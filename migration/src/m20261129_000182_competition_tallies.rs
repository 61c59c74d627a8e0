//! Creates the table of how often registering was refused and why, and from where visitors came, for each competition.

use sea_orm_migration::prelude::*;

use crate::columns::{counter, one_of, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "competition_tallies";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(uuid("competition_id"))
            .col(text("kind").check(one_of("kind", &["REFUSAL", "LANGUAGE", "REFERRER"])))
            .col(text("name"))
            .col(counter("count"))
            .primary_key(
                Index::create()
                    .col("competition_id")
                    .col("kind")
                    .col("name"),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
