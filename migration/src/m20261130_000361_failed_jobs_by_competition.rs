//! Adds to dead letters the competition that the job was about, with an index, so that a competition's failures are
//! counted without reading those of others.
//!
//! The queues know only the id that a job is about: a message, a registration or a competition. A trigger looks the
//! competition up when a dead letter is written, which is rare.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::columns::{add, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Returns the expression for the competition of a dead letter. A message that is no more is about none.
fn competition_of(row: &str) -> String {
    format!(
        "COALESCE((SELECT competition_id FROM mail_box WHERE id = {row}.subject_id), \
         (SELECT competition_id FROM registrations WHERE id = {row}.subject_id), \
         (SELECT id FROM competitions WHERE id = {row}.subject_id))"
    )
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut competition = ColumnDef::new("competition_id");
        competition.uuid().null();
        add(manager, "failed_jobs", competition).await?;
        let is_postgres = manager.get_database_backend() == DatabaseBackend::Postgres;
        let trigger = match is_postgres {
            true => format!(
                "CREATE FUNCTION find_competition_of_failure() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 NEW.competition_id := {}; RETURN NEW; END $$; \
                 CREATE TRIGGER find_competition BEFORE INSERT ON failed_jobs FOR EACH ROW \
                 WHEN (NEW.subject_id IS NOT NULL) EXECUTE FUNCTION find_competition_of_failure();",
                competition_of("NEW")
            ),
            false => format!(
                "CREATE TRIGGER find_competition AFTER INSERT ON failed_jobs WHEN NEW.subject_id IS NOT NULL \
                 BEGIN UPDATE failed_jobs SET competition_id = {} WHERE id = NEW.id; END;",
                competition_of("NEW")
            ),
        };
        let fill = format!(
            "UPDATE failed_jobs SET competition_id = {} WHERE subject_id IS NOT NULL",
            competition_of("failed_jobs")
        );
        let index = "CREATE INDEX ix_failed_jobs_competition_id_kind ON failed_jobs (competition_id, kind) \
                     WHERE competition_id IS NOT NULL";
        for sql in [&*fill, index, &*trigger] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = match manager.get_database_backend() {
            DatabaseBackend::Postgres => {
                "DROP TRIGGER find_competition ON failed_jobs; DROP FUNCTION find_competition_of_failure(); \
                 DROP INDEX ix_failed_jobs_competition_id_kind"
            }
            _ => "DROP TRIGGER find_competition; DROP INDEX ix_failed_jobs_competition_id_kind",
        };
        manager.get_connection().execute_unprepared(sql).await?;
        drop(manager, "failed_jobs", "competition_id").await
    }
}
