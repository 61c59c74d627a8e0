//! Makes one index of two: the unique index that allows an account one live registration for each
//! competition also finds all registrations of an account.
//!
//! A partial index has only the live ones, so there was another index for the account alone. Now the
//! unique one holds every registration, with a third column that is NULL for cancelled ones: NULLs are
//! distinct, so an account may have any number of those.

use sea_orm_migration::prelude::*;

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const WHOLE: &str = "CREATE UNIQUE INDEX ux_registrations_live ON registrations \
                     (user_id, competition_id, (CASE WHEN status <> 'CANCELLED' THEN 1 END))";
const PARTIAL: &str = "CREATE UNIQUE INDEX ux_registrations_live ON registrations \
                       (user_id, competition_id) WHERE status <> 'CANCELLED'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["ux_registrations_live", "ix_registrations_user_id"] {
            drop_index(manager, name).await?;
        }
        manager.get_connection().execute_unprepared(WHOLE).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager, "ux_registrations_live").await?;
        manager.get_connection().execute_unprepared(PARTIAL).await?;
        manager
            .create_index(index("registrations", &["user_id"]))
            .await
    }
}

async fn drop_index(manager: &SchemaManager<'_>, name: &str) -> Result<(), DbErr> {
    let mut drop = Index::drop();
    manager
        .drop_index(drop.name(name).table("registrations").to_owned())
        .await
}
