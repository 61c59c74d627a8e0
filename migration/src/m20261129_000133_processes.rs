//! Creates the table of the processes of the installation, each with the time of its last heartbeat.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, json, moment, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "processes";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(id())
            .col(text("name"))
            .col(text("version"))
            .col(json("parts"))
            .col(moment("started_at"))
            .col(moment("seen_at"))
            .to_owned();
        manager.create_table(table).await?;
        manager.create_index(index(TABLE, &["seen_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
