//! How often a code that was sent by mail was tried: after a few wrong ones it is worth nothing.

use sea_orm_migration::prelude::*;

use crate::columns::{add, counter, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "account_tokens", counter("attempts")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "account_tokens", "attempts").await
    }
}
