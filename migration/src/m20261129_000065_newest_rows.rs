//! Lets accounts and competitions be deleted only in transactions that see the newest rows.
//!
//! The triggers of `m20261128_000045` delete what belongs to an account. In a transaction with the isolation
//! level REPEATABLE READ or SERIALIZABLE they see the rows of its beginning only, and would leave behind
//! messages that were committed since. A foreign key fails in that case; so does this, in every case, since
//! a trigger can't see that there are such rows. Accounts are never deleted by the application, and
//! competitions in READ COMMITTED, which is PostgreSQL's default.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP: &str = "
CREATE FUNCTION require_newest_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE invalid_transaction_state USING
    MESSAGE = 'rows of ' || TG_TABLE_NAME || ' are deleted in READ COMMITTED transactions only';
END $$;
CREATE TRIGGER require_newest_rows BEFORE DELETE ON users FOR EACH ROW
  WHEN (current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted'))
  EXECUTE FUNCTION require_newest_rows();
CREATE TRIGGER require_newest_rows BEFORE DELETE ON competitions FOR EACH ROW
  WHEN (current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted'))
  EXECUTE FUNCTION require_newest_rows();
";

const DOWN: &str = "
DROP TRIGGER require_newest_rows ON competitions;
DROP TRIGGER require_newest_rows ON users;
DROP FUNCTION require_newest_rows();
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, DOWN).await
    }
}

async fn execute(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DatabaseBackend::Postgres {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}
