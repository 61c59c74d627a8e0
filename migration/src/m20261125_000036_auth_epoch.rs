//! How often an account's password, role or tokens were changed or revoked, so that a log-in which was
//! verified before such a change gets neither a session nor a refresh token after it.

use sea_orm_migration::prelude::*;

use crate::columns::{add, counter, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "users", counter("auth_epoch")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "users", "auth_epoch").await
    }
}
