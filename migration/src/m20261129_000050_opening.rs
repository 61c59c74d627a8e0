//! Adds the time at which registration opens, and the time zone of the venue. Competitions that exist have
//! been open since they were published, and stay so.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop, index, moment_or_null, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "competitions", moment_or_null("opens_at")).await?;
        let mut time_zone = text("time_zone");
        add(manager, "competitions", time_zone.default("UTC").to_owned()).await?;
        manager
            .create_index(index("competitions", &["opens_at"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name("ix_competitions_opens_at")
            .table("competitions")
            .to_owned();
        manager.drop_index(index).await?;
        drop(manager, "competitions", "time_zone").await?;
        drop(manager, "competitions", "opens_at").await
    }
}
