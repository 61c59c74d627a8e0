//! Adds when a message was sent by mail, and whether an account wants reminders by mail.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop, moment_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "mail_box", moment_or_null("sent_at")).await?;
        let reminders = ColumnDef::new("reminders")
            .boolean()
            .not_null()
            .default(true)
            .to_owned();
        add(manager, "users", reminders).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "users", "reminders").await?;
        drop(manager, "mail_box", "sent_at").await
    }
}
