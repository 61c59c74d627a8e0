//! Creates accounts, sessions and refresh tokens. Tokens and session ids are stored as their SHA-256,
//! passwords as Argon2id hashes.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, moment, moment_or_null, one_of, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("users")
                    .col(id())
                    .col(text("name"))
                    .col(text("email"))
                    .col(text("password_hash"))
                    .col(text("role").default("PARTICIPANT"))
                    .col(moment("created_at"))
                    .col(moment("updated_at"))
                    .check(one_of("role", &["PARTICIPANT", "ORGANIZER", "ADMIN"]))
                    .to_owned(),
            )
            .await?;
        // sea-query has no portable index on an expression; the text is the same for both.
        manager
            .get_connection()
            .execute_unprepared("CREATE UNIQUE INDEX ux_users_email ON users (lower(email))")
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("sessions")
                    .col(text("id").primary_key())
                    .col(ColumnDef::new("user_id").uuid().null())
                    .col(text("data"))
                    .col(moment("created_at"))
                    .col(moment("expires_at"))
                    .foreign_key(&mut references(
                        "sessions",
                        "user_id",
                        "users",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index("sessions", &["expires_at"]))
            .await?;
        manager
            .create_index(index("sessions", &["user_id"]))
            .await?;

        manager
            .create_table(
                Table::create()
                    .table("refresh_tokens")
                    .col(id())
                    .col(uuid("user_id"))
                    .col(uuid("family_id"))
                    .col(text("token_hash").unique_key())
                    .col(moment("created_at"))
                    .col(moment("expires_at"))
                    .col(moment_or_null("rotated_at"))
                    .col(moment_or_null("revoked_at"))
                    .foreign_key(&mut references(
                        "refresh_tokens",
                        "user_id",
                        "users",
                        ForeignKeyAction::Cascade,
                    ))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index("refresh_tokens", &["family_id"]))
            .await?;
        manager
            .create_index(index("refresh_tokens", &["expires_at"]))
            .await?;
        manager
            .create_index(index("refresh_tokens", &["user_id"]))
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["refresh_tokens", "sessions", "users"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
