//! Creates the subscriptions of browsers to push messages. A subscription belongs to a log-in: it is deleted with the
//! session of the browser, or counts no longer once the token family of the API client has ended.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, moment, moment_or_null, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "push_subscriptions";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let parent = |column, table| references(TABLE, column, table, ForeignKeyAction::Cascade);
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(id())
                    .col(uuid("user_id"))
                    .col(ColumnDef::new("session_id").text().null().to_owned())
                    .col(ColumnDef::new("family_id").uuid().null().to_owned())
                    .col(text("endpoint"))
                    .col(text("p256dh"))
                    .col(text("auth"))
                    .col(text("server_key"))
                    .col(moment("created_at"))
                    .col(moment_or_null("last_used_at"))
                    .foreign_key(&mut parent("user_id", "users"))
                    .foreign_key(&mut parent("session_id", "sessions"))
                    .to_owned(),
            )
            .await?;
        let mut endpoint = index(TABLE, &["endpoint"]);
        manager.create_index(endpoint.unique().to_owned()).await?;
        for columns in [
            &["user_id", "created_at"][..],
            &["session_id"],
            &["family_id"],
        ] {
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
