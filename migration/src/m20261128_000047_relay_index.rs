//! Removes the id from the relay's index, so that no statement looks for jobs by id in it.
//!
//! The outbox is usually empty. Once PostgreSQL has seen that (`reltuples = 0`), both indexes that contain
//! the id cost nothing by its estimate, and it may choose the one whose third column is the id: a scan of
//! the whole index, with an entry for every job since the last vacuum. A batch of 128 jobs then took 5 to
//! 20 ms to delete rather than 0.4. Jobs with the same lease are sorted by id when they are read.

use sea_orm_migration::prelude::*;

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const BEFORE: &[&str] = &["queue", "lease_until", "id"];
const AFTER: &[&str] = &["queue", "lease_until"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, BEFORE, AFTER).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, AFTER, BEFORE).await
    }
}

async fn replace(
    manager: &SchemaManager<'_>,
    old: &[&str],
    new: &[&'static str],
) -> Result<(), DbErr> {
    manager.create_index(index("outbox_jobs", new)).await?;
    let name = format!("ix_outbox_jobs_{}", old.join("_"));
    let mut drop = Index::drop();
    manager
        .drop_index(drop.name(name).table("outbox_jobs").to_owned())
        .await
}
