//! Creates the webhooks of organizers and their deliveries. A delivery does not refer to its webhook: whoever deletes a
//! webhook with a million deliveries does not wait for them, and those that are left expire like all others.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, int, moment, moment_or_null, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const WEBHOOKS: &str = "webhooks";
const DELIVERIES: &str = "webhook_deliveries";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner = references(WEBHOOKS, "user_id", "users", ForeignKeyAction::Cascade);
        manager
            .create_table(
                Table::create()
                    .table(WEBHOOKS)
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("url"))
                    .col(text("events"))
                    .col(text("secrets"))
                    .col(text("key_name"))
                    .col(moment_or_null("previous_secret_until"))
                    .col(moment("created_at"))
                    .col(int("failures").default(0))
                    .col(moment_or_null("failing_since"))
                    .col(moment_or_null("quiet_until"))
                    .col(moment_or_null("off_at"))
                    .foreign_key(&mut owner)
                    .to_owned(),
            )
            .await?;
        manager.create_index(index(WEBHOOKS, &["user_id"])).await?;
        manager
            .create_table(
                Table::create()
                    .table(DELIVERIES)
                    .col(id())
                    .col(uuid("webhook_id"))
                    .col(uuid("event_id"))
                    .col(text("event"))
                    .col(text("body"))
                    .col(moment("created_at"))
                    .col(int("attempts").default(0))
                    .col(moment_or_null("last_attempt_at"))
                    .col(ColumnDef::new("response_status").integer().null())
                    .col(ColumnDef::new("problem").text().null())
                    .col(moment_or_null("delivered_at"))
                    .to_owned(),
            )
            .await?;
        let mut once = index(DELIVERIES, &["webhook_id", "event_id"]);
        manager.create_index(once.unique().to_owned()).await?;
        for columns in [&["webhook_id", "id"][..], &["created_at"]] {
            manager.create_index(index(DELIVERIES, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [DELIVERIES, WEBHOOKS] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
