//! Creates the table of how many jobs of each queue were done and failed finally in each minute of the last day.

use sea_orm_migration::prelude::*;

use crate::columns::{counter, index, moment, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "queue_throughput";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(text("queue"))
            .col(moment("minute"))
            .col(counter("done"))
            .col(counter("dead"))
            .primary_key(Index::create().col("queue").col("minute"))
            .to_owned();
        manager.create_table(table).await?;
        // Old rows are deleted by their time.
        manager.create_index(index(TABLE, &["minute"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
