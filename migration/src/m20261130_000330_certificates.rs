//! Adds certificates, and the runs by which organizers issue them. A certificate keeps what is printed on it: later
//! changes of names and dates don't change what somebody holds in their hands.

use sea_orm_migration::prelude::*;

use crate::columns::{counter, id, index, moment, moment_or_null, one_of, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const RUNS: &str = "certificate_runs";
const CERTIFICATES: &str = "certificates";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let text_or_null = |name: &'static str| ColumnDef::new(name).text().null().to_owned();
        let cascade = ForeignKeyAction::Cascade;
        let mut competition = references(RUNS, "competition_id", "competitions", cascade);
        manager
            .create_table(
                Table::create()
                    .table(RUNS)
                    .col(id())
                    .col(uuid("competition_id"))
                    .col(
                        text("audience")
                            .check(one_of("audience", &["SEATED", "CHECKED_IN"]))
                            .to_owned(),
                    )
                    .col(text_or_null("remark"))
                    .col(moment("started_at"))
                    .col(moment_or_null("finished_at"))
                    .col(counter("total"))
                    .col(counter("done"))
                    .col(counter("issued"))
                    .foreign_key(&mut competition)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index(RUNS, &["competition_id", "id"]))
            .await?;
        let mut registration = references(
            CERTIFICATES,
            "registration_id",
            "registrations",
            ForeignKeyAction::Cascade,
        );
        manager
            .create_table(
                Table::create()
                    .table(CERTIFICATES)
                    .col(id())
                    .col(text("serial").unique_key().to_owned())
                    .col(uuid("registration_id"))
                    .col(uuid("competition_id"))
                    .col(
                        text("kind")
                            .check(one_of("kind", &["PARTICIPATION", "PLACE"]))
                            .to_owned(),
                    )
                    .col(text("name"))
                    .col(text("competition_title"))
                    .col(moment("starts_at"))
                    .col(moment_or_null("ends_at"))
                    .col(text("time_zone"))
                    .col(text_or_null("remark"))
                    .col(moment("issued_at"))
                    .col(moment_or_null("revoked_at"))
                    .foreign_key(&mut registration)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(index(CERTIFICATES, &["competition_id", "id"]))
            .await?;
        manager
            .create_index(index(CERTIFICATES, &["registration_id"]))
            .await?;
        let valid = "CREATE UNIQUE INDEX ux_certificates_valid ON certificates (registration_id, kind) \
                     WHERE revoked_at IS NULL";
        manager.get_connection().execute_unprepared(valid).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [CERTIFICATES, RUNS] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
