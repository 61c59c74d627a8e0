//! Adds to competitions the deadline that was in force before an organizer closed registration early, which is offered
//! when registration is opened again.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop, moment_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(
            manager,
            "competitions",
            moment_or_null("deadline_before_closing"),
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "competitions", "deadline_before_closing").await
    }
}
