//! Creates the second factors of accounts: the encrypted secret that an authenticator app shares, and the hashes
//! of the recovery codes. An account whose `second_factor_at` is null has none, or one that is not confirmed yet.

use sea_orm_migration::prelude::*;

use crate::columns::{
    add, counter, drop, id, index, moment, moment_or_null, references, text, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FACTORS: &str = "second_factors";
const CODES: &str = "recovery_codes";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let account = |table| references(table, "user_id", "users", ForeignKeyAction::Cascade);
        add(manager, "users", moment_or_null("second_factor_at")).await?;
        manager
            .create_table(
                Table::create()
                    .table(FACTORS)
                    .col(uuid("user_id").primary_key())
                    .col(text("secret"))
                    .col(text("key_name"))
                    .col(counter("last_step"))
                    .col(moment("created_at"))
                    .foreign_key(&mut account(FACTORS))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index(FACTORS, &["key_name"])).await?;
        manager
            .create_table(
                Table::create()
                    .table(CODES)
                    .col(id())
                    .col(uuid("user_id"))
                    .col(text("code_hash"))
                    .col(moment("created_at"))
                    .foreign_key(&mut account(CODES))
                    .to_owned(),
            )
            .await?;
        let mut of_account = index(CODES, &["user_id", "code_hash"]);
        manager.create_index(of_account.unique().to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [CODES, FACTORS] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        drop(manager, "users", "second_factor_at").await
    }
}
