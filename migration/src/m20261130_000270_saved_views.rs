//! Adds the saved views of the list of participants, and to announcements the view that is their audience. An
//! announcement keeps what the view shows, so that it has an audience also when the view is deleted before it is sent.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop, id, moment, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "saved_views";
const UNIQUE_NAME: &str = "ux_saved_views_competition_id_name_key";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut competition = references(
            TABLE,
            "competition_id",
            "competitions",
            ForeignKeyAction::Cascade,
        );
        let text_or_null = |name: &'static str| ColumnDef::new(name).text().null().to_owned();
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(id())
                    .col(uuid("competition_id"))
                    .col(text("name"))
                    .col(text("name_key"))
                    .col(text_or_null("search"))
                    .col(text_or_null("status"))
                    .col(text_or_null("language"))
                    .col(text_or_null("sort"))
                    .col(moment("created_at"))
                    .foreign_key(&mut competition)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name(UNIQUE_NAME)
                    .table(TABLE)
                    .col("competition_id")
                    .col("name_key")
                    .unique()
                    .to_owned(),
            )
            .await?;
        let view = ColumnDef::new("view_id").uuid().null().to_owned();
        add(manager, "announcements", view).await?;
        for column in ["view_name", "view_filter"] {
            add(manager, "announcements", text_or_null(column)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["view_filter", "view_name", "view_id"] {
            drop(manager, "announcements", column).await?;
        }
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
