//! Adds to former schedules whether participants are notified of the schedule that replaced each.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Until now, each change had a job that notifies them.
        let mut notifies = ColumnDef::new("notifies");
        notifies.boolean().not_null().default(true);
        add(manager, "former_schedules", notifies).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "former_schedules", "notifies").await
    }
}
