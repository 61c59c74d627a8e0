//! Adds the divisions of competitions, each with a capacity of its own or without one, and the division of each
//! registration.
//!
//! A row of `competitions` says whether it has any, so that nothing more is read about one that has none. A division that
//! was removed stays as long as cancelled registrations refer to it.

use sea_orm_migration::prelude::*;

use crate::columns::{add, drop, id, int, moment, moment_or_null, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "divisions";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut competition = references(
            TABLE,
            "competition_id",
            "competitions",
            ForeignKeyAction::Cascade,
        );
        let int_or_null = |name: &'static str| ColumnDef::new(name).integer().null().to_owned();
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(id())
                    .col(uuid("competition_id"))
                    .col(int("position"))
                    .col(text("name"))
                    .col(int_or_null("capacity"))
                    .col(int_or_null("seats_left"))
                    .col(int("taken").default(0))
                    .col(int("waitlisted").default(0))
                    .col(int_or_null("age_min"))
                    .col(int_or_null("age_max"))
                    .col(moment_or_null("starts_at"))
                    .col(int_or_null("number_from"))
                    .col(int_or_null("number_to"))
                    .col(moment("created_at"))
                    .col(moment_or_null("removed_at"))
                    // Without a capacity there are no seats to count down, but still registrations that hold one.
                    .check(Expr::cust(
                        "(capacity IS NULL) = (seats_left IS NULL) \
                         AND (capacity IS NULL OR (0 <= seats_left AND seats_left = capacity - taken))",
                    ))
                    .check(Expr::cust("taken >= 0 AND waitlisted >= 0"))
                    .foreign_key(&mut competition)
                    .to_owned(),
            )
            .await?;
        let mut any = ColumnDef::new("has_divisions");
        any.boolean().not_null().default(false);
        add(manager, "competitions", any).await?;
        let mut of_registration = ColumnDef::new("division_id");
        of_registration
            .uuid()
            .null()
            .extra("REFERENCES divisions (id)");
        add(manager, "registrations", of_registration).await?;
        for index in [
            "CREATE INDEX ix_divisions_competition_id_position ON divisions (competition_id, position)",
            // Registrations of competitions without divisions have no entry.
            "CREATE INDEX ix_registrations_division ON registrations (division_id, status, waitlist_seq) \
             WHERE division_id IS NOT NULL",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("DROP INDEX ix_registrations_division")
            .await?;
        drop(manager, "registrations", "division_id").await?;
        drop(manager, "competitions", "has_divisions").await?;
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
