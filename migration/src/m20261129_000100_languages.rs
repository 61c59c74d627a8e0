//! The language in which an account reads letters, and pages where no other one was chosen. It is null until the
//! first log-in of an account that was created before this migration, or on the command line.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let language = ColumnDef::new("language").text().null().to_owned();
        add(manager, "users", language).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "users", "language").await
    }
}
