//! Creates competitions with their seat counter, which a CHECK keeps within its bounds.

use sea_orm_migration::prelude::*;

use crate::columns::{
    counter, id, index, int, json, moment, moment_or_null, one_of, references, text, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("competitions")
                    .col(id())
                    .col(uuid("organizer_id"))
                    .col(text("title"))
                    .col(text("description"))
                    .col(text("location").default(""))
                    .col(json("tags"))
                    .col(int("capacity"))
                    .col(int("seats_left"))
                    .col(int("waitlisted").default(0))
                    .col(counter("waitlist_seq"))
                    .col(counter("version"))
                    .col(
                        ColumnDef::new("waitlist_enabled")
                            .boolean()
                            .not_null()
                            .default(false),
                    )
                    .col(text("status").default("DRAFT"))
                    .col(moment("reg_deadline"))
                    .col(moment("starts_at"))
                    .col(moment_or_null("ends_at"))
                    .col(moment("created_at"))
                    .col(moment("updated_at"))
                    .check(Expr::cust("0 <= seats_left AND seats_left <= capacity"))
                    .check(Expr::cust("capacity >= 1"))
                    .check(Expr::cust("waitlisted >= 0"))
                    .check(one_of("status", &["DRAFT", "PUBLISHED", "CANCELLED"]))
                    .foreign_key(&mut references(
                        "competitions",
                        "organizer_id",
                        "users",
                        ForeignKeyAction::Restrict,
                    ))
                    .to_owned(),
            )
            .await?;
        for columns in [["reg_deadline"], ["starts_at"], ["organizer_id"]] {
            manager
                .create_index(index("competitions", &columns))
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("competitions").to_owned())
            .await
    }
}
