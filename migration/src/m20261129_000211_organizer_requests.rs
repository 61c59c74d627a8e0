//! Adds the requests of participants to become organizers.

use sea_orm_migration::prelude::*;

use crate::columns::{moment, moment_or_null, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "organizer_requests";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut account = references(TABLE, "user_id", "users", ForeignKeyAction::Cascade);
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(uuid("user_id").primary_key())
                    .col(text("reason"))
                    .col(moment("requested_at"))
                    .col(moment_or_null("declined_at"))
                    .foreign_key(&mut account)
                    .to_owned(),
            )
            .await?;
        let index = "CREATE INDEX ix_organizer_requests_open ON organizer_requests (requested_at) \
                     WHERE declined_at IS NULL";
        manager.get_connection().execute_unprepared(index).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
