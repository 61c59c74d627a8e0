//! Adds to saved views whether they show those who are checked in, or those who are not.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new("checked_in").boolean().null().to_owned();
        add(manager, "saved_views", column).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "saved_views", "checked_in").await
    }
}
