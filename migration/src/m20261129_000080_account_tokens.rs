//! Creates the tokens that are sent to people by mail, for example to set a new password. They are stored
//! as their SHA-256, used once, and expire.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, moment, one_of, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "account_tokens";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("purpose"))
                    .col(text("token_hash").unique_key())
                    .col(text("email"))
                    .col(moment("created_at"))
                    .col(moment("expires_at"))
                    .check(one_of(
                        "purpose",
                        &["PASSWORD_RESET", "EMAIL_CONFIRMATION", "LOG_IN_CODE"],
                    ))
                    .foreign_key(&mut references(
                        TABLE,
                        "user_id",
                        "users",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index(TABLE, &["user_id", "purpose", "created_at"]))
            .await?;
        manager.create_index(index(TABLE, &["expires_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
