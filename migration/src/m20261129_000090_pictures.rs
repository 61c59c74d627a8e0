//! Adds the picture that an organizer has uploaded for a competition.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let picture = ColumnDef::new("picture").json_binary().null().to_owned();
        add(manager, "competitions", picture).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "competitions", "picture").await
    }
}
