//! Adds the time at which a draft is published by itself.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop, moment_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "competitions", moment_or_null("publish_at")).await?;
        // Few competitions have one, and only those are looked up.
        let index = "CREATE INDEX ix_competitions_publish_at ON competitions (publish_at) \
                     WHERE publish_at IS NOT NULL";
        manager.get_connection().execute_unprepared(index).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("DROP INDEX ix_competitions_publish_at")
            .await?;
        drop(manager, "competitions", "publish_at").await
    }
}
