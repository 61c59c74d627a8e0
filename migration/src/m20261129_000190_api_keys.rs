//! Creates the keys with which programs of organizers call the API. A key is stored as its hash; its beginning finds the
//! row, and shows its owner which key it is.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, moment, moment_or_null, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "api_keys";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner = references(TABLE, "user_id", "users", ForeignKeyAction::Cascade);
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("name"))
                    .col(text("start"))
                    .col(text("last_four"))
                    .col(text("hash"))
                    .col(text("scopes"))
                    .col(moment("created_at"))
                    .col(moment_or_null("expires_at"))
                    .col(moment_or_null("last_used_at"))
                    .foreign_key(&mut owner)
                    .to_owned(),
            )
            .await?;
        let mut start = index(TABLE, &["start"]);
        manager.create_index(start.unique().to_owned()).await?;
        for columns in [&["user_id", "created_at"][..], &["expires_at"]] {
            manager.create_index(index(TABLE, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
