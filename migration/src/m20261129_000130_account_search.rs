//! Indexes by which administrators find accounts: the beginning of the e-mail address, of the name and of the last
//! word of the name, and the accounts that are more than participants.
//!
//! PostgreSQL compares in the order of bytes (`COLLATE "C"`), so that a range of an index contains a prefix. SQLite
//! does so anyway, and has a unique index on addresses already.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const POSTGRES: &str = r#"
CREATE INDEX ix_users_email_prefix ON users ((lower(email) COLLATE "C"));
CREATE INDEX ix_users_name_prefix ON users ((lower(name) COLLATE "C"));
CREATE INDEX ix_users_last_word ON users
  ((lower(replace(name, rtrim(name, replace(name, ' ', '')), '')) COLLATE "C"));
CREATE INDEX ix_users_role ON users (role, id) WHERE role <> 'PARTICIPANT';
"#;

const SQLITE: &str = "
CREATE INDEX ix_users_name_prefix ON users (lower(name));
CREATE INDEX ix_users_last_word ON users
  (lower(replace(name, rtrim(name, replace(name, ' ', '')), '')));
CREATE INDEX ix_users_role ON users (role, id) WHERE role <> 'PARTICIPANT';
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = match manager.get_database_backend() {
            DatabaseBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["role", "last_word", "name_prefix", "email_prefix"] {
            let sql = format!("DROP INDEX IF EXISTS ix_users_{name}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
