//! The language in which an account reads letters, and pages where no other one was chosen. Accounts from before
//! this migration have read English.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let language = ColumnDef::new("language")
            .text()
            .not_null()
            .default("en")
            .to_owned();
        add(manager, "users", language).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "users", "language").await
    }
}
