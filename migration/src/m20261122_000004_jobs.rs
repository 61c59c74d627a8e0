//! Creates the transactional outbox (`outbox_jobs`) and the dead letters (`failed_jobs`).

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
                    // The registration or competition that the job is about, for the timeline.
                    .col(ColumnDef::new("subject_id").uuid().null())
                    .col(int("attempts").default(0))
                    .col(ColumnDef::new("last_error").text().null())
                    // The end of the lease: until then the job is in a queue, or a retry waits for its
                    // time. After that the relay pushes the job again.
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
