//! Whether the owner of an account has confirmed its e-mail address, and the address that replaces it once
//! that is confirmed. Accounts from before this migration count as confirmed: they have received mail at
//! their addresses all along, and an upgrade must not keep their owners from registering.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let confirmed = ColumnDef::new("email_confirmed")
            .boolean()
            .not_null()
            .default(true)
            .to_owned();
        add(manager, "users", confirmed).await?;
        let pending = ColumnDef::new("pending_email").text().null().to_owned();
        add(manager, "users", pending).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "users", "pending_email").await?;
        drop(manager, "users", "email_confirmed").await
    }
}
