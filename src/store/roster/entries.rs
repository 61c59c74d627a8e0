//! Writes the entries that are missing or out of date.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DbErr, FromQueryResult, Statement,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType, Order, Query},
};
use uuid::Uuid;

use super::terms::{NAME_MARK, ticket_word};
use crate::{
    model::{CompetitionId, RegistrationId, ticket_number},
    store::{
        Database, InfrastructureError, Transaction,
        bulk::{self, Cells},
        search::{folded_text, text_words},
    },
};

/// The most entries that one transaction writes. On SQLite others wait for it.
const BATCH: u64 = 500;
/// The most words of an entry.
const WORDS: usize = 40;
/// The most characters of the texts by which entries are sorted.
const KEY_LENGTH: usize = 120;

/// A note that an entry is missing or out of date.
#[derive(Debug, FromQueryResult)]
struct RosterNote {
    competition_id: CompetitionId,
    registration_id: RegistrationId,
}

/// A registration with what its entry is made of.
#[derive(Debug, FromQueryResult)]
struct EntrySource {
    id: RegistrationId,
    competition_id: CompetitionId,
    registered_at: DateTime<Utc>,
    name: String,
    email: String,
    language: Option<String>,
}

/// An entry as it is to be written.
struct RosterEntry {
    source: EntrySource,
    name: String,
    words: BTreeSet<String>,
}

impl RosterEntry {
    fn of(source: EntrySource) -> Self {
        let names = text_words(&source.name, WORDS);
        let mut words: BTreeSet<_> = names.iter().map(|it| format!("{NAME_MARK}{it}")).collect();
        words.extend(names);
        words.extend(text_words(&source.email, WORDS));
        words.insert(ticket_word(&ticket_number(source.id)));
        let folded = folded_text(&source.name);
        let name = if folded.is_empty() {
            source.name.to_lowercase()
        } else {
            folded
        };
        Self {
            name: name.chars().take(KEY_LENGTH).collect(),
            words,
            source,
        }
    }

    /// Returns all words, each between spaces, so that one that begins with a text is found by a space and the text.
    fn words_text(&self) -> String {
        let mut text = String::from(" ");
        for word in &self.words {
            text.push_str(word);
            text.push(' ');
        }
        text
    }
}

/// Writes up to 500 entries, of one competition or of any, in a transaction. Returns the number of notes that are
/// done; if it is 0, no entry is out of date.
///
/// # Errors
/// Returns an [`InfrastructureError`] if the database is unavailable.
pub async fn write_outdated(
    database: &Database,
    competition: Option<CompetitionId>,
) -> Result<u64, InfrastructureError> {
    let backend = database.backend();
    let mut noted = Query::select();
    noted
        .columns(["competition_id", "registration_id"])
        .from("roster_updates")
        .and_where_option(competition.map(|id| Expr::col("competition_id").eq(id.0)))
        .order_by("competition_id", Order::Asc)
        .order_by("registration_id", Order::Asc)
        .limit(BATCH);
    // Usually there is nothing to do, and a transaction would be in the way of others on SQLite.
    if database.read().query_one(&noted).await?.is_none() {
        return Ok(0);
    }
    let transaction = database.begin().await?;
    if backend == DatabaseBackend::Postgres {
        // Another process may do the same.
        match competition {
            Some(_) => noted.lock(LockType::Update),
            None => noted.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked),
        };
    }
    // Read before the accounts, so that these are never older than the notes. A later change has a note of its own.
    let notes = RosterNote::find_by_statement(backend.build(&noted))
        .all(&transaction)
        .await?;
    write_noted(&transaction, &notes).await?;
    transaction.commit().await?;
    Ok(notes.len() as u64)
}

/// Writes those entries of a competition that are missing or out of date, for some registrations of it, in a
/// transaction. The number of registrations bounds its length.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
pub async fn complete(
    transaction: &Transaction,
    competition: CompetitionId,
    registrations: &[RegistrationId],
) -> Result<(), DbErr> {
    let backend = transaction.get_database_backend();
    let mut noted = Query::select();
    noted
        .columns(["competition_id", "registration_id"])
        .from("roster_updates")
        .and_where(Expr::col("competition_id").eq(competition.0))
        .and_where(bulk::among(backend, "registration_id", registrations))
        .order_by("registration_id", Order::Asc);
    if backend == DatabaseBackend::Postgres {
        noted.lock(LockType::Update);
    }
    let notes = RosterNote::find_by_statement(backend.build(&noted))
        .all(transaction)
        .await?;
    write_noted(transaction, &notes).await
}

/// Writes the entries of these notes, and deletes the notes.
async fn write_noted(transaction: &Transaction, notes: &[RosterNote]) -> Result<(), DbErr> {
    let ids: Vec<_> = notes.iter().map(|note| note.registration_id).collect();
    write(transaction, &ids).await?;
    for (competition, ids) in by_competition(notes) {
        let mut delete = Query::delete();
        delete
            .from_table("roster_updates")
            .and_where(Expr::col("competition_id").eq(competition.0))
            .and_where(bulk::among(
                transaction.get_database_backend(),
                "registration_id",
                &ids,
            ));
        transaction.execute(&delete).await?;
    }
    Ok(())
}

fn by_competition(notes: &[RosterNote]) -> HashMap<CompetitionId, Vec<RegistrationId>> {
    let mut all: HashMap<_, Vec<_>> = HashMap::new();
    for note in notes {
        let ids = all.entry(note.competition_id).or_default();
        ids.push(note.registration_id);
    }
    all
}

async fn write(transaction: &Transaction, ids: &[RegistrationId]) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let backend = transaction.get_database_backend();
    let column = |name: &'static str| ("registrations", name);
    let mut sources = Query::select();
    sources
        .columns(["id", "competition_id", "registered_at"].map(column))
        .columns(["name", "email", "language"].map(|name| ("users", name)))
        .from("registrations")
        .inner_join(
            "users",
            Expr::col(("users", "id")).equals(("registrations", "user_id")),
        )
        .and_where(bulk::among(backend, ("registrations", "id"), ids));
    let sources = EntrySource::find_by_statement(backend.build(&sources));
    let entries: Vec<_> = sources.all(transaction).await?;
    let entries: Vec<_> = entries.into_iter().map(RosterEntry::of).collect();
    delete_former_words(transaction, &entries).await?;
    let texts = |text: fn(&RosterEntry) -> String| Cells::Text(entries.iter().map(text).collect());
    let of_entries = |id: fn(&EntrySource) -> Uuid| {
        Cells::Uuid(entries.iter().map(|entry| id(&entry.source)).collect())
    };
    let registered_at = entries.iter().map(|entry| entry.source.registered_at);
    let columns = vec![
        ("registration_id", of_entries(|source| source.id.0)),
        (
            "competition_id",
            of_entries(|source| source.competition_id.0),
        ),
        ("registered_at", Cells::Moment(registered_at.collect())),
        ("name", texts(|entry| entry.name.clone())),
        ("email", texts(|entry| entry.source.email.to_lowercase())),
        (
            "language",
            texts(|entry| entry.source.language.clone().unwrap_or_default()),
        ),
        ("words", texts(RosterEntry::words_text)),
    ];
    let conflict = "ON CONFLICT (registration_id) DO UPDATE SET name = excluded.name, \
                    email = excluded.email, language = excluded.language, words = excluded.words";
    bulk::insert(transaction, "roster_entries", columns, conflict).await?;
    let words = || {
        let of_entry = |entry: &'_ RosterEntry| {
            let ids = (entry.source.competition_id.0, entry.source.id.0);
            let words: Vec<_> = entry.words.iter().cloned().collect();
            words.into_iter().map(move |word| (ids, word))
        };
        entries.iter().flat_map(of_entry)
    };
    let columns = vec![
        (
            "competition_id",
            Cells::Uuid(words().map(|((competition, _), _)| competition).collect()),
        ),
        ("word", Cells::Text(words().map(|(_, word)| word).collect())),
        (
            "registration_id",
            Cells::Uuid(words().map(|((_, registration), _)| registration).collect()),
        ),
    ];
    bulk::insert(
        transaction,
        "roster_words",
        columns,
        "ON CONFLICT DO NOTHING",
    )
    .await?;
    Ok(())
}

/// Deletes the words of entries that have others from now on, after a change of the name or the address.
async fn delete_former_words(
    transaction: &Transaction,
    entries: &[RosterEntry],
) -> Result<(), DbErr> {
    let backend = transaction.get_database_backend();
    let ids: Vec<_> = entries.iter().map(|entry| entry.source.id).collect();
    let mut former = Query::select();
    former
        .columns(["registration_id", "words"])
        .from("roster_entries")
        .and_where(bulk::among(backend, "registration_id", &ids));
    let mut written: HashMap<RegistrationId, String> = HashMap::new();
    for row in transaction.query_all_raw(backend.build(&former)).await? {
        written.insert(
            row.try_get("", "registration_id")?,
            row.try_get("", "words")?,
        );
    }
    for entry in entries {
        let Some(words) = written.get(&entry.source.id) else {
            continue;
        };
        let gone: Vec<_> = words
            .split_whitespace()
            .filter(|word| !entry.words.contains(*word))
            .collect();
        if gone.is_empty() {
            continue;
        }
        let mut delete = Query::delete();
        delete
            .from_table("roster_words")
            .and_where(Expr::col("competition_id").eq(entry.source.competition_id.0))
            .and_where(Expr::col("word").is_in(gone))
            .and_where(Expr::col("registration_id").eq(entry.source.id.0));
        let statement: Statement = backend.build(&delete);
        transaction.execute_raw(statement).await?;
    }
    Ok(())
}
