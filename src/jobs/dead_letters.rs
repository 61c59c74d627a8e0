//! Dead letters: jobs that failed finally, kept with their error until an administrator decides
//! ([`management`]).

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub mod management;

use super::kind::Queues;
use crate::store::bulk::{self, Cells};

/// The id and the kind of a dead letter that is no job at all.
pub const UNKNOWN: &str = "unknown";

/// A job that failed finally.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// The id of the job, or [`UNKNOWN`].
    pub job_id: String,
    /// The queue from which it came.
    pub queue: String,
    /// The name of its kind, or [`UNKNOWN`].
    pub kind: String,
    /// The version of the payload's shape.
    pub version: i32,
    /// The payload; the whole envelope as text if it could not be decoded.
    pub payload: serde_json::Value,
    /// The row that the job is about.
    pub subject: Option<Uuid>,
    /// Why the last attempt failed.
    pub error: String,
    /// The number of attempts since it was enqueued, or since an administrator retried it.
    pub attempts: i32,
    /// Earlier failures, from before an administrator retried it: an array, oldest first.
    pub history: serde_json::Value,
}

/// Shows the number of dead letters of each queue in the metrics from the start of the process: an alert on a
/// counter that appears with its first failure would miss that failure.
pub fn count_from_zero() {
    for queue in Queues::ALL {
        metrics::counter!("mc_dead_letters_total", "queue" => *queue).increment(0);
    }
}

/// The longest error that is kept, in characters.
const MAX_ERROR_LENGTH: usize = 2_000;

/// Writes dead letters in the transaction that completes their jobs. [`report`] follows the commit.
///
/// # Errors
/// Returns a [`DbErr`] if the database is unavailable.
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

/// Logs and counts dead letters, after the commit. Each record has the fields of its own job, and is
/// outside the span of the jobs that ran together.
pub(super) fn report(letters: &[DeadLetter]) {
    for letter in letters {
        tracing::error!(
            parent: None,
            job.id = %letter.job_id, queue.name = %letter.queue, job.kind = %letter.kind,
            job.attempt = letter.attempts, error = %letter.error,
            "Job {} failed finally and became a dead letter", letter.job_id
        );
        metrics::counter!("mc_dead_letters_total", "queue" => letter.queue.clone()).increment(1);
    }
}

/// Removes NUL, which PostgreSQL's text cannot hold, and cuts long errors.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| *c != '\0')
        .take(MAX_ERROR_LENGTH)
        .collect()
}

/// Replaces NUL at any depth of a JSON value: `jsonb` cannot hold it either.
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

/// Returns the key of a group: the same for dead letters of one queue and kind whose errors differ in
/// ids and numbers only. They have one cause, and an administrator decides about them together.
fn group_key(letter: &DeadLetter) -> String {
    let class = error_class(&letter.error);
    let text = format!("{}\n{}\n{class}", letter.queue, letter.kind);
    hex::encode(&Sha256::digest(text)[..6])
}

/// Returns the error with each word that contains a digit replaced.
fn error_class(error: &str) -> String {
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
        let first =
            error_class("registration 01890a5d-ac96-774b-bcce-b302099a8057 no longer exists");
        let second =
            error_class("registration 01890a5d-ac96-774b-bcce-b302099a8058 no longer exists");
        assert_eq!(first, second);
        assert_eq!(first, "registration # no longer exists");
        assert_ne!(
            error_class("took longer than 20 s"),
            error_class("panicked: 20 s")
        );
        assert_eq!(error_class("line 3, column 14"), "line #, column #");
    }

    #[test]
    fn nul_characters_are_removed_from_what_is_kept() {
        let json = serde_json::json!({ "a\0": ["b\0"] });
        assert!(!without_nul(&json).to_string().contains("\\u0000"));
        assert_eq!(clean("a\0b"), "ab");
    }
}
