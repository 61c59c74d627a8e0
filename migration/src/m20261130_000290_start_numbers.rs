//! Adds the start numbers of participants. A row stays when its registration is cancelled, so that no number is given
//! twice.

use sea_orm_migration::prelude::*;

use crate::columns::{int, moment, references, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "start_numbers";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut registration = references(
            TABLE,
            "registration_id",
            "registrations",
            ForeignKeyAction::Cascade,
        );
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(uuid("registration_id").primary_key().to_owned())
                    .col(uuid("competition_id"))
                    .col(int("number"))
                    .col(moment("assigned_at"))
                    .check(Expr::cust("number >= 1"))
                    .foreign_key(&mut registration)
                    .to_owned(),
            )
            .await?;
        let unique = "CREATE UNIQUE INDEX ux_start_numbers_competition_id_number \
                      ON start_numbers (competition_id, number)";
        manager.get_connection().execute_unprepared(unique).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
