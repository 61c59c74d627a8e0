//! Creates the table of the queues that an administrator has paused. A queue without a row runs.

use sea_orm_migration::prelude::*;

use crate::columns::{moment, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "paused_queues";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(text("queue").primary_key())
            .col(moment("paused_at"))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
