//! Which version an organizer's latest edit made, so that an edit is in conflict with other edits and
//! not with people who register.

use sea_orm_migration::prelude::*;

use crate::columns::{add, counter, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "competitions", counter("edited_at_version")).await?;
        // When the latest edit was is not known: the newest version is the one that loses nothing.
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
