//! What accounts choose: whether reminders of openings and announcements are also sent by mail, and the time zone in
//! which times are shown to them; null means that of the browser.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CHOICES: [&str; 2] = ["opening_reminders", "announcements"];

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
        let zone = ColumnDef::new("time_zone").text().null().to_owned();
        add(manager, "users", zone).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "users", "time_zone").await?;
        for choice in CHOICES {
            drop(manager, "users", choice).await?;
        }
        Ok(())
    }
}
