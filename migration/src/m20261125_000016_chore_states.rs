//! Creates the state that scheduled tasks keep between runs, and the indexes with which they find changes
//! since the last run. New registrations need no index: their ids are in the order of time.

use sea_orm_migration::prelude::*;

use crate::columns::{json, moment, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("chore_states")
                    .col(text("name").primary_key())
                    .col(json("state"))
                    .col(moment("updated_at"))
                    .to_owned(),
            )
            .await?;
        // Partial: a new registration writes to neither.
        for column in ["promoted_at", "cancelled_at"] {
            let sql = format!(
                "CREATE INDEX ix_registrations_{column} ON registrations ({column}) \
                 WHERE {column} IS NOT NULL"
            );
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["cancelled_at", "promoted_at"] {
            let mut drop = Index::drop();
            drop.name(format!("ix_registrations_{column}"))
                .table("registrations");
            manager.drop_index(drop).await?;
        }
        manager
            .drop_table(Table::drop().table("chore_states").to_owned())
            .await
    }
}
