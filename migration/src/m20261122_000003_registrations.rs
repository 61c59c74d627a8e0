//! Creates registrations, stored responses (`idempotency_logs`) and messages (`mail_box`).

use sea_orm_migration::prelude::*;

use crate::columns::{
    id, index, int, json, moment, moment_or_null, one_of, references, text, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("registrations")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(uuid("competition_id"))
                    .col(ColumnDef::new("idempotency_key").text().null())
                    .col(text("status"))
                    // The order of the waitlist. It is a counter, raised under the competition's row
                    // lock, since clocks repeat and go back. It is kept after promotion, as history.
                    .col(ColumnDef::new("waitlist_seq").big_integer().null())
                    .col(moment("registered_at"))
                    .col(moment_or_null("promoted_at"))
                    .col(moment_or_null("cancelled_at"))
                    .check(one_of(
                        "status",
                        &["PENDING", "CONFIRMED", "WAITLISTED", "CANCELLED"],
                    ))
                    .check(Expr::cust(
                        "status <> 'WAITLISTED' OR waitlist_seq IS NOT NULL",
                    ))
                    .foreign_key(&mut references(
                        "registrations",
                        "user_id",
                        "users",
                        ForeignKeyAction::Cascade,
                    ))
                    .foreign_key(&mut references(
                        "registrations",
                        "competition_id",
                        "competitions",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX ux_registrations_live ON registrations \
                 (user_id, competition_id) WHERE status <> 'CANCELLED'",
            )
            .await?;
        manager
            .create_index(index(
                "registrations",
                &["competition_id", "status", "waitlist_seq"],
            ))
            .await?;
        manager
            .create_index(index("registrations", &["user_id"]))
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("idempotency_logs")
                    .col(uuid("user_id"))
                    .col(text("key"))
                    .col(text("request_fingerprint"))
                    .col(int("response_status"))
                    .col(json("response"))
                    .col(moment("expires_at"))
                    .primary_key(Index::create().col("user_id").col("key"))
                    .foreign_key(&mut references(
                        "idempotency_logs",
                        "user_id",
                        "users",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index("idempotency_logs", &["expires_at"]))
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("mail_box")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(ColumnDef::new("registration_id").uuid().null())
                    .col(ColumnDef::new("competition_id").uuid().null())
                    .col(text("kind"))
                    .col(text("dedupe_key").unique_key())
                    .col(text("subject"))
                    .col(text("body"))
                    .col(moment_or_null("read_at"))
                    .col(moment("created_at"))
                    .check(one_of(
                        "kind",
                        &[
                            "CONFIRMATION",
                            "WAITLIST",
                            "PROMOTION",
                            "REMINDER",
                            "CANCELLATION",
                            "ANNOUNCEMENT",
                            "ACCOUNT",
                        ],
                    ))
                    .foreign_key(&mut references(
                        "mail_box",
                        "user_id",
                        "users",
                        ForeignKeyAction::Cascade,
                    ))
                    // A message is kept when the registration or competition is deleted.
                    .foreign_key(&mut references(
                        "mail_box",
                        "registration_id",
                        "registrations",
                        ForeignKeyAction::SetNull,
                    ))
                    .foreign_key(&mut references(
                        "mail_box",
                        "competition_id",
                        "competitions",
                        ForeignKeyAction::SetNull,
                    ))
                    .to_owned(),
            )
            .await?;
        for columns in [
            ["user_id", "created_at"].as_slice(),
            &["registration_id"],
            &["competition_id"],
        ] {
            manager.create_index(index("mail_box", columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["mail_box", "idempotency_logs", "registrations"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
