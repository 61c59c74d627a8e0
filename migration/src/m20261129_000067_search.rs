//! Creates the search index: a search document for each competition that everyone may see.
//!
//! | table | PostgreSQL | SQLite |
//! | --- | --- | --- |
//! | `search_documents` | the words of a competition, as a `tsvector` with a GIN index | which row of `search_words` belongs to which competition; the ids are in the order of starts |
//! | `search_words` | | the words, in an FTS5 index that holds nothing else |
//! | `search_spellings` | each known word under the spellings by which typing errors find it | the same |
//! | `search_updates` | the competitions whose search document is out of date | the same |
//!
//! The application writes search documents, in the transaction of the change, since it folds the words.
//! What it does not write itself (another release during a rolling upgrade, SQL by hand, this migration)
//! is noted in `search_updates` by triggers, and written by a scheduled task.
//!
//! The GIN index has no list of pending entries (`fastupdate`), which each search would read through.
//! The FTS5 index has one of prefixes for each length up to eight letters: without them, a prefix is
//! searched by merging the lists of all words that have it, which takes 50 ms if they are frequent. Every
//! word begins with the letter of a field, so the lengths are one more.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const POSTGRES_UP: &str = r#"
CREATE TABLE search_documents (
  competition_id uuid PRIMARY KEY REFERENCES competitions(id) ON DELETE CASCADE,
  starts_at timestamptz NOT NULL,
  revision bigint NOT NULL,
  words tsvector NOT NULL
);
CREATE INDEX ix_search_documents_words ON search_documents USING gin (words) WITH (fastupdate = off);
CREATE INDEX ix_search_documents_starts_at ON search_documents (starts_at, competition_id);
CREATE TABLE search_spellings (
  spelling text COLLATE "C" NOT NULL,
  word text COLLATE "C" NOT NULL,
  PRIMARY KEY (spelling, word)
);
CREATE TABLE search_updates (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  competition_id uuid NOT NULL
);
CREATE INDEX ix_search_updates_competition_id ON search_updates (competition_id);

CREATE FUNCTION note_search_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO search_updates (competition_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER note_search_insert AFTER INSERT ON competitions FOR EACH ROW
  WHEN (NEW.status <> 'DRAFT') EXECUTE FUNCTION note_search_update();
CREATE TRIGGER note_search_update
  AFTER UPDATE OF title, description, location, tags, status, starts_at, deleted_at ON competitions
  FOR EACH ROW
  WHEN ((OLD.title, OLD.description, OLD.location, OLD.tags, OLD.status, OLD.starts_at, OLD.deleted_at)
    IS DISTINCT FROM
    (NEW.title, NEW.description, NEW.location, NEW.tags, NEW.status, NEW.starts_at, NEW.deleted_at))
  EXECUTE FUNCTION note_search_update();

INSERT INTO search_updates (competition_id)
  SELECT id FROM competitions WHERE status <> 'DRAFT' AND deleted_at IS NULL;
"#;

const POSTGRES_DOWN: &str = "
DROP TRIGGER note_search_update ON competitions;
DROP TRIGGER note_search_insert ON competitions;
DROP FUNCTION note_search_update();
DROP TABLE search_updates;
DROP TABLE search_spellings;
DROP TABLE search_documents;
";

const SQLITE_UP: &str = "
CREATE TABLE search_documents (
  id integer PRIMARY KEY,
  competition_id uuid_text NOT NULL UNIQUE
);
CREATE VIRTUAL TABLE search_words USING fts5 (
  words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii',
  prefix = '2 3 4 5 6 7 8 9'
);
CREATE TABLE search_spellings (
  spelling text NOT NULL,
  word text NOT NULL,
  PRIMARY KEY (spelling, word)
) WITHOUT ROWID;
CREATE TABLE search_updates (
  id integer PRIMARY KEY AUTOINCREMENT,
  competition_id uuid_text NOT NULL
);
CREATE INDEX ix_search_updates_competition_id ON search_updates (competition_id);

CREATE TRIGGER note_search_insert AFTER INSERT ON competitions WHEN NEW.status <> 'DRAFT'
BEGIN
  INSERT INTO search_updates (competition_id) VALUES (NEW.id);
END;
CREATE TRIGGER note_search_update
  AFTER UPDATE OF title, description, location, tags, status, starts_at, deleted_at ON competitions
  WHEN (OLD.title, OLD.description, OLD.location, OLD.tags, OLD.status, OLD.starts_at, OLD.deleted_at)
    IS NOT
    (NEW.title, NEW.description, NEW.location, NEW.tags, NEW.status, NEW.starts_at, NEW.deleted_at)
BEGIN
  INSERT INTO search_updates (competition_id) VALUES (NEW.id);
END;
CREATE TRIGGER delete_search_document AFTER DELETE ON competitions
BEGIN
  DELETE FROM search_words
    WHERE rowid IN (SELECT id FROM search_documents WHERE competition_id = OLD.id);
  DELETE FROM search_documents WHERE competition_id = OLD.id;
END;

INSERT INTO search_updates (competition_id)
  SELECT id FROM competitions WHERE status <> 'DRAFT' AND deleted_at IS NULL;
";

const SQLITE_DOWN: &str = "
DROP TRIGGER delete_search_document;
DROP TRIGGER note_search_update;
DROP TRIGGER note_search_insert;
DROP TABLE search_updates;
DROP TABLE search_spellings;
DROP TABLE search_words;
DROP TABLE search_documents;
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
