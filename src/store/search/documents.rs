//! Writing and deleting the search documents of competitions.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryFilter,
    Statement,
    sea_query::{Expr, LockBehavior, LockType, Order, Query},
};

use super::{
    fields::{CANCELLED, SearchField},
    spellings::store_words,
    words::add_words,
};
use crate::{
    model::{CompetitionId, CompetitionStatus},
    store::{
        Database, InfrastructureError,
        bulk::{self, Cells},
        entity::competition,
    },
};

/// The most different words of a competition that are found.
const MOST_WORDS: usize = 1_000;
/// The most search documents that one transaction of [`write_outdated`] writes.
const BATCH: u64 = 200;
/// The most ids in one statement.
const IDS_IN_A_STATEMENT: usize = 1_000;
/// The number of ids on SQLite for competitions that start in the same minute.
const IDS_IN_A_MINUTE: i64 = 1 << 20;

/// The words of a competition by the fields in which they are found.
struct SearchDocument {
    /// The words with the letters of the fields.
    entries: String,
    /// The words of title, tags and location, whose spellings are stored.
    names: BTreeSet<String>,
}

impl SearchDocument {
    fn of(row: &competition::Model) -> Self {
        let tags: Vec<&str> = row
            .tags
            .as_array()
            .map(|tags| tags.iter().filter_map(|tag| tag.as_str()).collect())
            .unwrap_or_default();
        let mut words = BTreeSet::new();
        let mut entries = Vec::new();
        let mut names = BTreeSet::new();
        for (field, text) in [
            (SearchField::Title, &row.title),
            (SearchField::Tags, &tags.join(" ")),
            (SearchField::Place, &row.location),
            (SearchField::Text, &row.description),
        ] {
            if field == SearchField::Text {
                names.clone_from(&words);
            }
            add_words(text, MOST_WORDS, &mut words);
            entries.extend(words.iter().map(|word| format!("{}{word}", field.letter())));
        }
        if row.status == CompetitionStatus::Cancelled {
            entries.push(CANCELLED.to_owned());
        }
        Self {
            entries: entries.join(" "),
            names,
        }
    }
}

/// Writes the search documents of competitions as they are in `rows`, and deletes those of drafts and
/// deleted competitions. It runs in the transaction that changes the competitions.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn write_documents<C: ConnectionTrait>(
    transaction: &C,
    rows: &[competition::Model],
) -> Result<(), DbErr> {
    write(transaction, rows).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    for ids in ids.chunks(IDS_IN_A_STATEMENT) {
        let theirs = bulk::among(transaction.get_database_backend(), "competition_id", ids);
        let mut delete = Query::delete();
        delete.from_table("search_updates").and_where(theirs);
        transaction.execute(&delete).await?;
    }
    Ok(())
}

async fn write<C: ConnectionTrait>(
    transaction: &C,
    rows: &[competition::Model],
) -> Result<(), DbErr> {
    let is_public = |row: &&competition::Model| {
        row.status != CompetitionStatus::Draft && row.deleted_at.is_none()
    };
    let (public, hidden): (Vec<_>, Vec<_>) = rows.iter().partition(is_public);
    let hidden: Vec<_> = hidden.iter().map(|row| row.id).collect();
    delete_documents(transaction, &hidden).await?;
    let documents: Vec<_> = public.iter().map(|row| SearchDocument::of(row)).collect();
    let names = documents
        .iter()
        .flat_map(|document| document.names.iter().cloned())
        .collect();
    store_words(transaction, &names).await?;
    match transaction.get_database_backend() {
        DatabaseBackend::Postgres => write_on_postgres(transaction, &public, documents).await,
        _ => {
            for (row, document) in public.iter().zip(&documents) {
                write_on_sqlite(transaction, row, &document.entries).await?;
            }
            Ok(())
        }
    }
}

/// Writes documents, but none over one of a later edit: [`write_outdated`] locks no competition.
async fn write_on_postgres<C: ConnectionTrait>(
    transaction: &C,
    rows: &[&competition::Model],
    documents: Vec<SearchDocument>,
) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let columns = vec![
        (
            "competition_id",
            Cells::Uuid(rows.iter().map(|row| row.id.0).collect()),
        ),
        (
            "starts_at",
            Cells::Moment(rows.iter().map(|row| row.starts_at).collect()),
        ),
        (
            "revision",
            Cells::BigInt(rows.iter().map(|row| row.edited_at_version).collect()),
        ),
        (
            "words",
            Cells::Text(documents.into_iter().map(|one| one.entries).collect()),
        ),
    ];
    let sql = "INSERT INTO search_documents AS d (competition_id, starts_at, revision, words) \
               SELECT r.competition_id, r.starts_at, r.revision, array_to_tsvector(string_to_array(r.words, ' ')) \
               FROM {rows} ORDER BY r.competition_id \
               ON CONFLICT (competition_id) DO UPDATE \
               SET starts_at = EXCLUDED.starts_at, revision = EXCLUDED.revision, words = EXCLUDED.words \
               WHERE d.revision <= EXCLUDED.revision";
    transaction
        .execute_raw(bulk::with_rows(sql, columns))
        .await?;
    Ok(())
}

/// Writes a document under an id that is in the order of starts ([`id_of_start`]).
async fn write_on_sqlite<C: ConnectionTrait>(
    transaction: &C,
    row: &competition::Model,
    entries: &str,
) -> Result<(), DbErr> {
    delete_documents(transaction, &[row.id]).await?;
    let execute = |sql: &str, values: Vec<sea_orm::Value>| {
        let statement = Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, values);
        transaction.execute_raw(statement)
    };
    let first = id_of_start(row.starts_at);
    execute(
        "INSERT INTO search_documents (id, competition_id) \
         SELECT coalesce(max(id) + 1, ?), ? FROM search_documents WHERE id >= ? AND id < ?",
        vec![
            first.into(),
            row.id.0.into(),
            first.into(),
            (first + IDS_IN_A_MINUTE - 1).into(),
        ],
    )
    .await?;
    execute(
        "INSERT INTO search_words (rowid, words) \
         SELECT id, ? FROM search_documents WHERE competition_id = ?",
        vec![entries.into(), row.id.0.into()],
    )
    .await?;
    Ok(())
}

/// Returns the first id of competitions that start in the minute of `start`. FTS5 finds matches in the order
/// of their ids, so it finds them in the order of starts.
pub(super) fn id_of_start(start: DateTime<Utc>) -> i64 {
    start.timestamp().div_euclid(60) * IDS_IN_A_MINUTE
}

async fn delete_documents<C: ConnectionTrait>(
    transaction: &C,
    ids: &[CompetitionId],
) -> Result<(), DbErr> {
    for ids in ids.chunks(IDS_IN_A_STATEMENT) {
        let theirs = bulk::among(transaction.get_database_backend(), "competition_id", ids);
        if transaction.get_database_backend() == DatabaseBackend::Sqlite {
            let mut documents = Query::select();
            documents.column("id").from("search_documents");
            documents.and_where(theirs.clone());
            let mut delete = Query::delete();
            delete.from_table("search_words");
            delete.and_where(Expr::col("rowid").in_subquery(documents));
            transaction.execute(&delete).await?;
        }
        let mut delete = Query::delete();
        delete.from_table("search_documents").and_where(theirs);
        transaction.execute(&delete).await?;
    }
    Ok(())
}

/// A note that the document of a competition is out of date.
#[derive(Debug, FromQueryResult)]
struct Note {
    id: i64,
    competition_id: CompetitionId,
}

/// Writes up to 200 of the search documents that are out of date, in a transaction. Returns the number of
/// notes about changes that were done; if it is 0, no document is out of date.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn write_outdated(database: &Database) -> Result<u64, InfrastructureError> {
    let backend = database.backend();
    let mut noted = Query::select();
    noted
        .columns(["id", "competition_id"])
        .from("search_updates");
    noted.order_by("id", Order::Asc).limit(BATCH);
    // Usually there is nothing to do, and a transaction would be in the way of others on SQLite.
    if database.read().query_one(&noted).await?.is_none() {
        return Ok(0);
    }
    let transaction = database.begin().await?;
    if backend == DatabaseBackend::Postgres {
        // Another process may do the same.
        noted.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    // Read before the competitions, so that these are never older than the changes. A later change has a
    // note of its own.
    let notes = Note::find_by_statement(backend.build(&noted))
        .all(&transaction)
        .await?;
    let ids: BTreeSet<_> = notes.iter().map(|note| note.competition_id).collect();
    let ids: Vec<CompetitionId> = ids.into_iter().collect();
    let column = (competition::Entity, competition::Column::Id);
    let rows = competition::Entity::find()
        .filter(bulk::among(backend, column, &ids))
        .all(&transaction)
        .await?;
    write(&transaction, &rows).await?;
    let mut delete = Query::delete();
    delete.from_table("search_updates");
    delete.and_where(Expr::col("id").is_in(notes.iter().map(|note| note.id)));
    transaction.execute(&delete).await?;
    transaction.commit().await?;
    Ok(notes.len() as u64)
}
