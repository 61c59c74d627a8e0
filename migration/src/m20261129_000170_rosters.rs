//! Creates the rosters, from which organizers search and sort the registrations of a competition.
//!
//! | table | what it holds |
//! | --- | --- |
//! | `roster_entries` | for each registration, the name and the address by which it is sorted, the words by which it is found, and the language of the participant |
//! | `roster_words` | each word of an entry, so that the entries with a word are a range of an index |
//! | `roster_updates` | the registrations whose entry is missing or out of date |
//!
//! The application writes entries, since it folds the words. Triggers note what it has to write: every new
//! registration, in one row, so that registering costs next to nothing; and all registrations of an account that
//! gets another name, address or language. The words of an entry go with it.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const POSTGRES_UP: &str = r#"
CREATE TABLE roster_entries (
  registration_id uuid PRIMARY KEY REFERENCES registrations(id) ON DELETE CASCADE,
  competition_id uuid NOT NULL,
  registered_at timestamptz NOT NULL,
  name text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  language text COLLATE "C" NOT NULL,
  words text COLLATE "C" NOT NULL
);
CREATE INDEX ix_roster_entries_name ON roster_entries (competition_id, name, registration_id);
CREATE INDEX ix_roster_entries_email ON roster_entries (competition_id, email, registration_id);
CREATE INDEX ix_roster_entries_language
  ON roster_entries (competition_id, language, registered_at, registration_id);
CREATE TABLE roster_words (
  competition_id uuid NOT NULL REFERENCES competitions(id) ON DELETE CASCADE,
  word text COLLATE "C" NOT NULL,
  registration_id uuid NOT NULL,
  PRIMARY KEY (competition_id, word, registration_id)
);
CREATE TABLE roster_updates (
  competition_id uuid NOT NULL,
  registration_id uuid NOT NULL,
  PRIMARY KEY (competition_id, registration_id)
);

CREATE FUNCTION note_roster_inserts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO roster_updates (competition_id, registration_id)
    SELECT competition_id, id FROM added ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER note_roster_inserts AFTER INSERT ON registrations
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_roster_inserts();
CREATE FUNCTION note_roster_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO roster_updates (competition_id, registration_id)
    SELECT competition_id, id FROM registrations WHERE user_id = NEW.id ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER note_roster_update AFTER UPDATE OF name, email, language ON users FOR EACH ROW
  WHEN ((OLD.name, OLD.email, OLD.language) IS DISTINCT FROM (NEW.name, NEW.email, NEW.language))
  EXECUTE FUNCTION note_roster_update();
CREATE FUNCTION delete_roster_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM roster_words WHERE competition_id = OLD.competition_id
    AND word = ANY (string_to_array(trim(OLD.words), ' ')) AND registration_id = OLD.registration_id;
  RETURN NULL;
END $$;
CREATE TRIGGER delete_roster_words AFTER DELETE ON roster_entries FOR EACH ROW
  EXECUTE FUNCTION delete_roster_words();

INSERT INTO roster_updates (competition_id, registration_id)
  SELECT competition_id, id FROM registrations;
"#;

const POSTGRES_DOWN: &str = "
DROP TRIGGER delete_roster_words ON roster_entries;
DROP FUNCTION delete_roster_words();
DROP TRIGGER note_roster_update ON users;
DROP FUNCTION note_roster_update();
DROP TRIGGER note_roster_inserts ON registrations;
DROP FUNCTION note_roster_inserts();
DROP TABLE roster_updates;
DROP TABLE roster_words;
DROP TABLE roster_entries;
";

const SQLITE_UP: &str = "
CREATE TABLE roster_entries (
  registration_id uuid_text PRIMARY KEY REFERENCES registrations(id) ON DELETE CASCADE,
  competition_id uuid_text NOT NULL,
  registered_at timestamp_with_timezone_text NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  language text NOT NULL,
  words text NOT NULL
) WITHOUT ROWID;
CREATE INDEX ix_roster_entries_name ON roster_entries (competition_id, name, registration_id);
CREATE INDEX ix_roster_entries_email ON roster_entries (competition_id, email, registration_id);
CREATE INDEX ix_roster_entries_language
  ON roster_entries (competition_id, language, registered_at, registration_id);
CREATE TABLE roster_words (
  competition_id uuid_text NOT NULL REFERENCES competitions(id) ON DELETE CASCADE,
  word text NOT NULL,
  registration_id uuid_text NOT NULL,
  PRIMARY KEY (competition_id, word, registration_id)
) WITHOUT ROWID;
CREATE TABLE roster_updates (
  competition_id uuid_text NOT NULL,
  registration_id uuid_text NOT NULL,
  PRIMARY KEY (competition_id, registration_id)
) WITHOUT ROWID;

CREATE TRIGGER note_roster_insert AFTER INSERT ON registrations
BEGIN
  INSERT OR IGNORE INTO roster_updates (competition_id, registration_id)
    VALUES (NEW.competition_id, NEW.id);
END;
CREATE TRIGGER note_roster_update AFTER UPDATE OF name, email, language ON users
  WHEN (OLD.name, OLD.email, OLD.language) IS NOT (NEW.name, NEW.email, NEW.language)
BEGIN
  INSERT OR IGNORE INTO roster_updates (competition_id, registration_id)
    SELECT competition_id, id FROM registrations WHERE user_id = NEW.id;
END;
CREATE TRIGGER delete_roster_words AFTER DELETE ON roster_entries
BEGIN
  DELETE FROM roster_words WHERE competition_id = OLD.competition_id
    AND word IN (SELECT value FROM json_each('[\"' || replace(trim(OLD.words), ' ', '\",\"') || '\"]'))
    AND registration_id = OLD.registration_id;
END;

INSERT INTO roster_updates (competition_id, registration_id)
  SELECT competition_id, id FROM registrations;
";

const SQLITE_DOWN: &str = "
DROP TRIGGER delete_roster_words;
DROP TRIGGER note_roster_update;
DROP TRIGGER note_roster_insert;
DROP TABLE roster_updates;
DROP TABLE roster_words;
DROP TABLE roster_entries;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, POSTGRES_UP, SQLITE_UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, POSTGRES_DOWN, SQLITE_DOWN).await
    }
}

async fn execute(manager: &SchemaManager<'_>, postgres: &str, sqlite: &str) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        DatabaseBackend::Postgres => postgres,
        _ => sqlite,
    };
    manager.get_connection().execute_unprepared(sql).await?;
    Ok(())
}
