//! Adds the check-ins of participants, and notes that every roster entry is to be written again.
//!
//! A row stays when its check-in is undone: it says from which time on scans count. Roster entries get words of another
//! kind, by which names are found without addresses, and tickets by their number.

use sea_orm_migration::prelude::*;

use crate::columns::{index, moment, moment_or_null, references, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "check_ins";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut registration = references(
            TABLE,
            "registration_id",
            "registrations",
            ForeignKeyAction::Cascade,
        );
        let mut helper = references(TABLE, "by", "users", ForeignKeyAction::SetNull);
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(uuid("registration_id").primary_key().to_owned())
                    .col(uuid("competition_id"))
                    .col(moment("at"))
                    .col(ColumnDef::new("by").uuid().null().to_owned())
                    .col(ColumnDef::new("device").text().null().to_owned())
                    .col(moment_or_null("undone_at"))
                    .col(moment_or_null("not_before"))
                    .foreign_key(&mut registration)
                    .foreign_key(&mut helper)
                    .to_owned(),
            )
            .await?;
        manager.create_index(index(TABLE, &["by"])).await?;
        for statement in [
            // Those in effect: they are counted, and listed with the newest first.
            "CREATE INDEX ix_check_ins_competition_id_at ON check_ins (competition_id, at) WHERE undone_at IS NULL",
            "INSERT INTO roster_updates (competition_id, registration_id) \
             SELECT competition_id, id FROM registrations WHERE true ON CONFLICT DO NOTHING",
        ] {
            let connection = manager.get_connection();
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
