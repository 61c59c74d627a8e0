//! Adds the codes of competitions, the code of each registration, and who may register.
//!
//! A row of `competitions` counts its codes and the seats that are set aside for those who have one, so that nothing is read
//! about a competition without codes. A code that was removed stays as long as registrations refer to it.
//!
//! Age limits of divisions were only shown before. Competitions that have any admit whom they admitted, until their organizers
//! have ages checked.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::columns::{add, drop, id, int, moment, moment_or_null, one_of, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "codes";

const INDEXES: [&str; 7] = [
    "CREATE UNIQUE INDEX ux_codes_digest ON codes (digest) WHERE removed_at IS NULL",
    "CREATE INDEX ix_codes_competition_id ON codes (competition_id, id)",
    // The codes whose seats come back next.
    "CREATE INDEX ix_codes_set_aside ON codes (competition_id, expires_at) \
     WHERE kind = 'RESERVED' AND released_at IS NULL AND removed_at IS NULL AND expires_at IS NOT NULL",
    "CREATE INDEX ix_codes_division ON codes (division_id) WHERE division_id IS NOT NULL",
    "CREATE INDEX ix_codes_request ON codes (competition_id, request) WHERE request IS NOT NULL",
    "CREATE INDEX ix_codes_email ON codes (email) WHERE email IS NOT NULL",
    "CREATE INDEX ix_competitions_codes_due ON competitions (codes_due_at) WHERE codes_due_at IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut competition = references(
            TABLE,
            "competition_id",
            "competitions",
            ForeignKeyAction::Cascade,
        );
        let mut division = references(
            TABLE,
            "division_id",
            "divisions",
            ForeignKeyAction::NoAction,
        );
        let maybe_uuid = |name: &'static str| ColumnDef::new(name).uuid().null().to_owned();
        let maybe_text = |name: &'static str| ColumnDef::new(name).text().null().to_owned();
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(id())
                    .col(uuid("competition_id"))
                    .col(text("code"))
                    .col(text("digest"))
                    .col(text("label"))
                    .col(text("kind"))
                    .col(int("max_uses"))
                    .col(int("uses").default(0))
                    .col(maybe_text("email"))
                    .col(moment_or_null("expires_at"))
                    .col(maybe_uuid("division_id"))
                    .col(maybe_text("request"))
                    .col(moment("created_at"))
                    .col(moment_or_null("released_at"))
                    .col(moment_or_null("removed_at"))
                    .check(one_of("kind", &["ELIGIBILITY", "RESERVED"]))
                    .check(Expr::cust("0 <= uses AND uses <= max_uses"))
                    .foreign_key(&mut competition)
                    .foreign_key(&mut division)
                    .to_owned(),
            )
            .await?;
        let mut reserved = int("seats_reserved").default(0).to_owned();
        // What slips through the decision fails here.
        reserved.check(Expr::cust(
            "0 <= seats_reserved AND seats_reserved <= seats_left",
        ));
        add(manager, "competitions", reserved).await?;
        add(
            manager,
            "competitions",
            int("code_count").default(0).to_owned(),
        )
        .await?;
        add(manager, "competitions", moment_or_null("codes_due_at")).await?;
        let mut required = ColumnDef::new("code_required");
        required.boolean().not_null().default(false);
        add(manager, "competitions", required).await?;
        let mut domains = ColumnDef::new("email_domains");
        domains.json_binary().null();
        add(manager, "competitions", domains).await?;
        for name in ["age_min", "age_max"] {
            let mut age = ColumnDef::new(name);
            age.integer().null();
            add(manager, "competitions", age).await?;
        }
        let mut unchecked = ColumnDef::new("ages_unchecked");
        unchecked.boolean().not_null().default(false);
        add(manager, "competitions", unchecked).await?;
        let mut of_division = int("seats_reserved").default(0).to_owned();
        of_division.check(Expr::cust(
            "0 <= seats_reserved AND (seats_left IS NULL OR seats_reserved <= seats_left)",
        ));
        add(manager, "divisions", of_division).await?;
        let mut of_registration = ColumnDef::new("code_id");
        of_registration.uuid().null().extra("REFERENCES codes (id)");
        add(manager, "registrations", of_registration).await?;
        let connection = manager.get_connection();
        for index in INDEXES {
            connection.execute_unprepared(index).await?;
        }
        // Registrations without a code have no entry.
        connection
            .execute_unprepared(
                "CREATE INDEX ix_registrations_code ON registrations (code_id) WHERE code_id IS NOT NULL",
            )
            .await?;
        connection
            .execute_unprepared(
                "UPDATE competitions SET ages_unchecked = true WHERE id IN \
                 (SELECT competition_id FROM divisions WHERE age_min IS NOT NULL OR age_max IS NOT NULL)",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection
            .execute_unprepared("DROP INDEX ix_registrations_code")
            .await?;
        connection
            .execute_unprepared("DROP INDEX ix_competitions_codes_due")
            .await?;
        drop(manager, "registrations", "code_id").await?;
        drop_checked(manager, "divisions").await?;
        for name in [
            "ages_unchecked",
            "age_max",
            "age_min",
            "email_domains",
            "code_required",
            "codes_due_at",
            "code_count",
        ] {
            drop(manager, "competitions", name).await?;
        }
        drop_checked(manager, "competitions").await?;
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}

/// Drops the column with its CHECK: SQLite removes one that is a part of the column, and PostgreSQL one that names it.
async fn drop_checked(manager: &SchemaManager<'_>, table: &'static str) -> Result<(), DbErr> {
    match manager.get_database_backend() {
        DatabaseBackend::Sqlite => drop(manager, table, "seats_reserved").await,
        _ => {
            let sql = format!("ALTER TABLE {table} DROP COLUMN seats_reserved CASCADE");
            manager
                .get_connection()
                .execute_unprepared(&sql)
                .await
                .map(|_| ())
        }
    }
}
