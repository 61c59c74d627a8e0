//! Background work: the outbox that jobs are born in, and the dead letters they may end as.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, int, json, moment, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("outbox_jobs")
                    .col(id())
                    .col(text("queue"))
                    .col(text("kind"))
                    .col(int("version"))
                    .col(json("payload"))
                    // What the job is about (a registration, a competition): for the timeline.
                    .col(ColumnDef::new("subject_id").uuid().null())
                    .col(int("attempts").default(0))
                    .col(ColumnDef::new("last_error").text().null())
                    // Until then somebody else looks after it: the process that just pushed it,
                    // or the retry that waits. After that the relay pushes it again.
                    .col(moment("lease_until"))
                    .col(moment("created_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index("outbox_jobs", &["lease_until"]))
            .await?;
        manager
            .create_index(index("outbox_jobs", &["subject_id"]))
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("failed_jobs")
                    .col(id())
                    .col(text("job_id"))
                    .col(text("queue"))
                    .col(text("kind"))
                    .col(json("payload"))
                    .col(ColumnDef::new("subject_id").uuid().null())
                    .col(text("error"))
                    .col(int("attempts"))
                    .col(moment("failed_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index("failed_jobs", &["failed_at"]))
            .await?;
        manager
            .create_index(index("failed_jobs", &["subject_id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["failed_jobs", "outbox_jobs"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
