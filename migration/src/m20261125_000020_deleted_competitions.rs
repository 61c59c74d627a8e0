//! When a competition was deleted: it is gone for everyone at once, while its rows are removed a
//! bounded number at a time.

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
        // What was on its way out would come back.
        manager
            .get_connection()
            .execute_unprepared("DELETE FROM competitions WHERE deleted_at IS NOT NULL")
            .await?;
        drop(manager, "competitions", "deleted_at").await
    }
}
