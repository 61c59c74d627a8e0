//! Adds indexes for organizers: a competition's registrations in the order of registration, and an
//! organizer's competitions in the order of their start.

use sea_orm_migration::prelude::*;

use crate::columns::index;

/// With the status, so that counting and paging read the index alone.
const REGISTRATIONS: [&str; 4] = ["competition_id", "registered_at", "id", "status"];
const COMPETITIONS: [&str; 2] = ["organizer_id", "starts_at"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(index("registrations", &REGISTRATIONS))
            .await?;
        manager
            .create_index(index("competitions", &COMPETITIONS))
            .await?;
        // The new index begins with the same column.
        manager
            .drop_index(
                Index::drop()
                    .name("ix_competitions_organizer_id")
                    .table("competitions")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(index("competitions", &["organizer_id"]))
            .await?;
        for (table, name) in [
            ("competitions", "ix_competitions_organizer_id_starts_at"),
            (
                "registrations",
                "ix_registrations_competition_id_registered_at_id_status",
            ),
        ] {
            manager
                .drop_index(Index::drop().name(name).table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
