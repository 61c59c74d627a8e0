//! Checks references to accounts and competitions only where no other foreign key guards them already.
//!
//! PostgreSQL checks a foreign key row by row, which costs about 4 µs each: of the six that a registration
//! and its confirmation had, three repeated what others prove.
//!
//! | column | guarded by |
//! | --- | --- |
//! | `mail_box.user_id`, `mail_box.competition_id` | `mail_box.registration_id`: the registration refers to both. A message about no registration is checked by a trigger. |
//! | `idempotency_logs.user_id` | the registration that is inserted in the same transaction. A refusal (any status but 201) is checked by a trigger. |
//!
//! What happens when an account or a competition is deleted stays as it was: triggers do what the foreign
//! keys did. Their names come after those of PostgreSQL's own, so they run after registrations were
//! deleted, and thus after transactions that still wrote messages about them.
//!
//! SQLite can't drop a foreign key, and keeps them.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP: &str = "
ALTER TABLE mail_box DROP CONSTRAINT fk_mail_box_user_id, DROP CONSTRAINT fk_mail_box_competition_id;
ALTER TABLE idempotency_logs DROP CONSTRAINT fk_idempotency_logs_user_id;

CREATE FUNCTION require_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM users WHERE id = NEW.user_id FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = 'a row of ' || TG_TABLE_NAME || ' refers to an account that does not exist';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION require_competition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM competitions WHERE id = NEW.competition_id FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = 'a row of ' || TG_TABLE_NAME || ' refers to a competition that does not exist';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER require_account AFTER INSERT ON mail_box FOR EACH ROW
  WHEN (NEW.registration_id IS NULL) EXECUTE FUNCTION require_account();
CREATE TRIGGER require_competition AFTER INSERT ON mail_box FOR EACH ROW
  WHEN (NEW.registration_id IS NULL AND NEW.competition_id IS NOT NULL) EXECUTE FUNCTION require_competition();
CREATE TRIGGER require_account AFTER INSERT ON idempotency_logs FOR EACH ROW
  WHEN (NEW.response_status <> 201) EXECUTE FUNCTION require_account();

CREATE FUNCTION delete_rows_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM mail_box WHERE user_id = OLD.id;
  DELETE FROM idempotency_logs WHERE user_id = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER delete_rows_of_account AFTER DELETE ON users FOR EACH ROW
  EXECUTE FUNCTION delete_rows_of_account();
CREATE FUNCTION detach_messages_of_competition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE mail_box SET competition_id = NULL WHERE competition_id = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER detach_messages_of_competition AFTER DELETE ON competitions FOR EACH ROW
  EXECUTE FUNCTION detach_messages_of_competition();
";

const DOWN: &str = "
DROP TRIGGER detach_messages_of_competition ON competitions;
DROP TRIGGER delete_rows_of_account ON users;
DROP TRIGGER require_account ON idempotency_logs;
DROP TRIGGER require_competition ON mail_box;
DROP TRIGGER require_account ON mail_box;
DROP FUNCTION detach_messages_of_competition();
DROP FUNCTION delete_rows_of_account();
DROP FUNCTION require_competition();
DROP FUNCTION require_account();
ALTER TABLE idempotency_logs ADD CONSTRAINT fk_idempotency_logs_user_id
  FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
ALTER TABLE mail_box
  ADD CONSTRAINT fk_mail_box_user_id FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  ADD CONSTRAINT fk_mail_box_competition_id FOREIGN KEY (competition_id) REFERENCES competitions(id) ON DELETE SET NULL;
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
