//! Adds how participants reach an organizer.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let contact = ColumnDef::new("contact").text().null().to_owned();
        add(manager, "users", contact).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "users", "contact").await
    }
}
