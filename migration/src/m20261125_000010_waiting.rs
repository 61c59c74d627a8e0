//! Adds an index of the competitions that have a waitlist, for the task that promotes from waitlists.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Partial, so that competitions without a waitlist cost nothing.
        let sql = "CREATE INDEX idx_competitions_waiting ON competitions (id) WHERE waitlisted > 0";
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = "DROP INDEX idx_competitions_waiting";
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }
}
