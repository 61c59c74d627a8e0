//! Jobs that were given up: kept with their error until a person decides ([`management`]).

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub mod management;

use crate::store::bulk::{self, Cells};

/// What stands for the id and the kind of something that is no job at all.
pub const UNKNOWN: &str = "unknown";

/// A job that is given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Which job; whatever the list held, if that was no job of ours.
    pub job_id: String,
    /// Where it came from.
    pub queue: String,
    /// What it asked for, as far as that can be read.
    pub kind: String,
    /// Of the payload's shape.
    pub version: i32,
    /// With what.
    pub payload: serde_json::Value,
    /// About which row.
    pub subject: Option<Uuid>,
    /// Why.
    pub error: String,
    /// How often it was tried, since it was born or retried by a person.
    pub attempts: i32,
    /// What it went through before a person had it tried again: an array, oldest first.
    pub history: serde_json::Value,
}

/// Longest error that is kept, in characters.
const ERROR: usize = 2_000;

/// Buries jobs, inside the transaction that ends them. [`report`] follows the commit.
///
/// # Errors
/// What the database says.
pub async fn write<C: ConnectionTrait>(
    transaction: &C,
    letters: &[DeadLetter],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let texts =
        |f: fn(&DeadLetter) -> &str| Cells::Text(letters.iter().map(|l| clean(f(l))).collect());
    let numbers = |f: fn(&DeadLetter) -> i32| Cells::Int(letters.iter().map(f).collect());
    let columns = vec![
        (
            "id",
            Cells::Uuid(letters.iter().map(|_| Uuid::now_v7()).collect()),
        ),
        ("job_id", texts(|l| &l.job_id)),
        ("queue", texts(|l| &l.queue)),
        ("kind", texts(|l| &l.kind)),
        ("version", numbers(|l| l.version)),
        (
            "payload",
            Cells::Json(letters.iter().map(|l| without_nul(&l.payload)).collect()),
        ),
        (
            "subject_id",
            Cells::MaybeUuid(letters.iter().map(|l| l.subject).collect()),
        ),
        ("error", texts(|l| &l.error)),
        (
            "group_key",
            Cells::Text(letters.iter().map(group_key).collect()),
        ),
        ("attempts", numbers(|l| l.attempts)),
        (
            "history",
            Cells::Json(letters.iter().map(|l| l.history.clone()).collect()),
        ),
        ("failed_at", Cells::Moment(vec![now; letters.len()])),
    ];
    bulk::insert(transaction, "failed_jobs", columns, "").await?;
    Ok(())
}

/// Says aloud which jobs were given up, once that is committed.
pub(super) fn report(letters: &[DeadLetter]) {
    for letter in letters {
        tracing::error!(
            job = %letter.job_id, queue = %letter.queue, kind = %letter.kind,
            attempts = letter.attempts, error = %letter.error, "a job was given up"
        );
        metrics::counter!("mc_dead_letters_total", "queue" => letter.queue.clone()).increment(1);
    }
}

/// PostgreSQL's text can't hold NUL, and nobody reads beyond some length.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(ERROR).collect()
}

/// Nor can its `jsonb`, at any depth.
fn without_nul(json: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match json {
        Value::String(text) => Value::String(text.replace('\0', "\u{fffd}")),
        Value::Array(items) => items.iter().map(without_nul).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.replace('\0', "\u{fffd}"), without_nul(value)))
            .collect(),
        other => other.clone(),
    }
}

/// The same for letters of one queue and kind whose errors differ in ids and numbers only: they
/// have one cause, and are decided upon together.
fn group_key(letter: &DeadLetter) -> String {
    let class = class(&letter.error);
    let text = format!("{}\n{}\n{class}", letter.queue, letter.kind);
    hex::encode(&Sha256::digest(text)[..6])
}

/// An error with everything in it that has a digit replaced.
fn class(error: &str) -> String {
    error
        .split_inclusive(|c: char| !c.is_alphanumeric() && c != '-')
        .map(|word| {
            let end = word
                .char_indices()
                .next_back()
                .filter(|(_, c)| !c.is_alphanumeric() && *c != '-');
            match end {
                _ if !word.chars().any(|c| c.is_ascii_digit()) => word.to_owned(),
                Some((at, _)) => format!("#{}", &word[at..]),
                None => "#".to_owned(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_differ_in_ids_and_numbers_only_are_of_one_class() {
        let one = class("registration 01890a5d-ac96-774b-bcce-b302099a8057 no longer exists");
        let other = class("registration 01890a5d-ac96-774b-bcce-b302099a8058 no longer exists");
        assert_eq!(one, other);
        assert_eq!(one, "registration # no longer exists");
        assert_ne!(class("took longer than 20 s"), class("panicked: 20 s"));
        assert_eq!(class("line 3, column 14"), "line #, column #");
    }

    #[test]
    fn what_a_list_held_can_be_kept_whatever_it_was() {
        let json = serde_json::json!({ "a\0": ["b\0"] });
        assert!(!without_nul(&json).to_string().contains("\\u0000"));
        assert_eq!(clean("a\0b"), "ab");
    }
}
