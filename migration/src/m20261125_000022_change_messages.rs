//! Allows messages about a changed schedule, and makes reminders unique for each start.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::columns::{id, index, moment, moment_or_null, one_of, references, text, uuid};

const KINDS: &[&str] = &[
    "CONFIRMATION",
    "WAITLIST",
    "PROMOTION",
    "REMINDER",
    "CANCELLATION",
    "ANNOUNCEMENT",
    "ACCOUNT",
];
const COLUMNS: &str = "id, user_id, registration_id, competition_id, kind, dedupe_key, subject, \
                       body, read_at, created_at, sent_at";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        allow(manager, &[KINDS, &["CHANGE"]].concat()).await?;
        // Participants who were reminded of a start in the future are not reminded again.
        let connection = manager.get_connection();
        let sql = match manager.get_database_backend() {
            DatabaseBackend::Postgres => {
                "UPDATE mail_box AS m \
                 SET dedupe_key = m.dedupe_key || ':' || floor(extract(epoch FROM c.starts_at))::int8 \
                 FROM competitions c \
                 WHERE m.kind = 'REMINDER' AND m.competition_id = c.id AND c.starts_at > now() \
                   AND m.dedupe_key NOT LIKE '%:%:%'"
            }
            _ => {
                "UPDATE mail_box \
                 SET dedupe_key = dedupe_key || ':' || \
                   (SELECT strftime('%s', c.starts_at) FROM competitions c \
                    WHERE c.id = mail_box.competition_id) \
                 WHERE kind = 'REMINDER' AND dedupe_key NOT LIKE '%:%:%' \
                   AND competition_id IN (SELECT id FROM competitions \
                     WHERE CAST(strftime('%s', starts_at) AS INTEGER) \
                       > CAST(strftime('%s', 'now') AS INTEGER))"
            }
        };
        connection.execute_unprepared(sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("UPDATE mail_box SET kind = 'ANNOUNCEMENT' WHERE kind = 'CHANGE'")
            .await?;
        allow(manager, KINDS).await
    }
}

/// Replaces the list of allowed kinds of messages.
async fn allow(manager: &SchemaManager<'_>, kinds: &[&'static str]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    if manager.get_database_backend() == DatabaseBackend::Postgres {
        let kinds: Vec<_> = kinds.iter().map(|kind| format!("'{kind}'")).collect();
        let sql = format!(
            "ALTER TABLE mail_box DROP CONSTRAINT mail_box_kind_check, \
             ADD CONSTRAINT mail_box_kind_check CHECK (kind IN ({}))",
            kinds.join(", ")
        );
        connection.execute_unprepared(&sql).await?;
        return Ok(());
    }
    // SQLite cannot change a CHECK, so the table is rebuilt. No other table refers to it.
    manager
        .create_table(
            Table::create()
                .table("new_mail_box")
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
                .col(moment_or_null("sent_at"))
                .check(one_of("kind", kinds))
                .foreign_key(&mut references(
                    "mail_box",
                    "user_id",
                    "users",
                    ForeignKeyAction::Cascade,
                ))
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
    let copy = format!("INSERT INTO new_mail_box ({COLUMNS}) SELECT {COLUMNS} FROM mail_box");
    connection.execute_unprepared(&copy).await?;
    connection.execute_unprepared("DROP TABLE mail_box").await?;
    connection
        .execute_unprepared("ALTER TABLE new_mail_box RENAME TO mail_box")
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
