//! What accounts choose: which messages are also sent to the browsers in which push messages are turned on.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CHOICES: [&str; 3] = [
    "push_promotions",
    "push_reminders",
    "push_opening_reminders",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for choice in CHOICES {
            let column = ColumnDef::new(choice)
                .boolean()
                .not_null()
                .default(true)
                .to_owned();
            add(manager, "users", column).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for choice in CHOICES {
            drop(manager, "users", choice).await?;
        }
        Ok(())
    }
}
