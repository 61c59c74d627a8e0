//! Adds the questions of competitions, and the answers of registrations.
//!
//! A row of `competitions` counts the changes of its questions, so that nothing is read about a competition that never had
//! any, and a registration is refused whose answers were checked against other questions. A question that was answered is
//! archived rather than deleted: its answers stay readable.

use sea_orm_migration::prelude::*;

use crate::columns::{
    add, drop, id, index, int, json, moment, moment_or_null, one_of, references, text, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "questions";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut competition = references(
            TABLE,
            "competition_id",
            "competitions",
            ForeignKeyAction::Cascade,
        );
        let kinds = [
            "SHORT_TEXT",
            "LONG_TEXT",
            "NUMBER",
            "DATE",
            "CHOICE",
            "CHOICES",
            "CHECKBOX",
            "CONSENT",
            "COUNTRY",
            "PHONE",
        ];
        let mut required = ColumnDef::new("required");
        required.boolean().not_null().default(false);
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(id())
                    .col(uuid("competition_id"))
                    .col(int("position"))
                    .col(text("kind"))
                    .col(text("label"))
                    .col(text("help"))
                    .col(required)
                    .col(json("options"))
                    .col(text("scope"))
                    .col(text("visible_to"))
                    .col(moment("created_at"))
                    .col(moment_or_null("archived_at"))
                    .check(one_of("kind", &kinds))
                    .foreign_key(&mut competition)
                    .to_owned(),
            )
            .await?;
        let of_competition = index(TABLE, &["competition_id", "position"]);
        manager.create_index(of_competition).await?;
        add(
            manager,
            "competitions",
            int("questions_revision").default(0).to_owned(),
        )
        .await?;
        let mut answers = ColumnDef::new("answers");
        answers.json_binary().null();
        add(manager, "registrations", answers).await?;
        // Registrations without answers have no entry.
        let answered = "CREATE INDEX ix_registrations_answered ON registrations (competition_id) WHERE answers IS NOT NULL";
        manager
            .get_connection()
            .execute_unprepared(answered)
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("DROP INDEX ix_registrations_answered")
            .await?;
        drop(manager, "registrations", "answers").await?;
        drop(manager, "competitions", "questions_revision").await?;
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
