//! Adds the notes of organizers on registrations.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, moment, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "registration_notes";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut registration = references(
            TABLE,
            "registration_id",
            "registrations",
            ForeignKeyAction::Cascade,
        );
        let mut author = references(TABLE, "author_id", "users", ForeignKeyAction::Cascade);
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(id())
                    .col(uuid("registration_id"))
                    .col(uuid("author_id"))
                    .col(text("body"))
                    .col(moment("created_at"))
                    .foreign_key(&mut registration)
                    .foreign_key(&mut author)
                    .to_owned(),
            )
            .await?;
        for column in ["registration_id", "author_id"] {
            manager.create_index(index(TABLE, &[column])).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
