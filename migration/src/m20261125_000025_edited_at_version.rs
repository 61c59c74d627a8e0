//! Adds the version that the latest edit produced, so that an edit conflicts with other edits and not with
//! registrations.

use sea_orm_migration::prelude::*;

use crate::columns::{add, counter, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "competitions", counter("edited_at_version")).await?;
        // The version of the latest edit is not known; the newest version loses no edit.
        manager
            .get_connection()
            .execute_unprepared("UPDATE competitions SET edited_at_version = version")
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "competitions", "edited_at_version").await
    }
}
