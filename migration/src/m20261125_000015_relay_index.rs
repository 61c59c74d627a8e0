//! Adds an index for the relay, which reads the jobs of one queue whose lease has ended, oldest first.

use sea_orm_migration::prelude::*;

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const BEFORE: &[&str] = &["lease_until"];
const AFTER: &[&str] = &["queue", "lease_until", "id"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index("outbox_jobs", AFTER)).await?;
        drop_index(manager, BEFORE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index("outbox_jobs", BEFORE)).await?;
        drop_index(manager, AFTER).await
    }
}

async fn drop_index(manager: &SchemaManager<'_>, columns: &[&str]) -> Result<(), DbErr> {
    let name = format!("ix_outbox_jobs_{}", columns.join("_"));
    let mut drop = Index::drop();
    drop.name(name).table("outbox_jobs");
    manager.drop_index(drop).await
}
