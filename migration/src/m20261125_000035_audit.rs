//! Creates the audit log: which account did what, to what, when, and with which outcome.
//!
//! It refers to accounts and competitions without foreign keys, since events are kept when those are
//! deleted. It holds no network address and no e-mail address, only keyed hashes of them.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, json, moment, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "audit_events";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let or_null = |name| ColumnDef::new(name).text().null().to_owned();
        let id_or_null = |name| ColumnDef::new(name).uuid().null().to_owned();
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(id())
                    .col(moment("occurred_at"))
                    .col(text("action"))
                    .col(text("outcome"))
                    .col(id_or_null("actor_id"))
                    .col(or_null("operator"))
                    .col(or_null("subject_kind"))
                    .col(id_or_null("subject_id"))
                    .col(or_null("address_hash"))
                    .col(json("detail"))
                    .to_owned(),
            )
            .await?;
        // Lists are read newest first: all events, or those of one actor, action or subject.
        for columns in [
            &["occurred_at", "id"][..],
            &["actor_id", "occurred_at", "id"],
            &["action", "occurred_at", "id"],
            &["subject_id", "occurred_at", "id"],
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
