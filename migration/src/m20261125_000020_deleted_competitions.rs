//! Adds the time of a competition's deletion: it disappears at once, and its rows are removed in bounded
//! chunks afterwards.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop, moment_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "competitions", moment_or_null("deleted_at")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Competitions that are being deleted would become visible again.
        manager
            .get_connection()
            .execute_unprepared("DELETE FROM competitions WHERE deleted_at IS NOT NULL")
            .await?;
        drop(manager, "competitions", "deleted_at").await
    }
}
