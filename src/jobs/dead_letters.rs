//! Jobs that were given up: kept with their error until a person decides.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use crate::store::bulk::{self, Cells};

/// A job that is given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Which job; whatever the list held, if that was no job of ours.
    pub job_id: String,
    /// Where it came from.
    pub queue: String,
    /// What it asked for, as far as that can be read.
    pub kind: String,
    /// With what.
    pub payload: serde_json::Value,
    /// About which row.
    pub subject: Option<Uuid>,
    /// Why.
    pub error: String,
    /// How often it was tried.
    pub attempts: i32,
}

/// Longest error that is kept, in characters.
const ERROR: usize = 2_000;

/// Buries jobs, inside the transaction that ends them.
///
/// # Errors
/// What the database says.
pub async fn bury<C: ConnectionTrait>(
    transaction: &C,
    letters: &[DeadLetter],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let texts =
        |f: fn(&DeadLetter) -> &str| Cells::Text(letters.iter().map(|l| clean(f(l))).collect());
    let columns = vec![
        (
            "id",
            Cells::Uuid(letters.iter().map(|_| Uuid::now_v7()).collect()),
        ),
        ("job_id", texts(|l| &l.job_id)),
        ("queue", texts(|l| &l.queue)),
        ("kind", texts(|l| &l.kind)),
        (
            "payload",
            Cells::Json(letters.iter().map(|l| l.payload.clone()).collect()),
        ),
        (
            "subject_id",
            Cells::MaybeUuid(letters.iter().map(|l| l.subject).collect()),
        ),
        ("error", texts(|l| &l.error)),
        (
            "attempts",
            Cells::Int(letters.iter().map(|l| l.attempts).collect()),
        ),
        ("failed_at", Cells::Moment(vec![now; letters.len()])),
    ];
    bulk::insert(transaction, "failed_jobs", columns, "").await?;
    for letter in letters {
        tracing::error!(
            job = %letter.job_id, queue = %letter.queue, kind = %letter.kind,
            attempts = letter.attempts, error = %letter.error, "a job was given up"
        );
        metrics::counter!("mc_dead_letters_total", "queue" => letter.queue.clone()).increment(1);
    }
    Ok(())
}

/// PostgreSQL's text can't hold NUL, and nobody reads beyond some length.
fn clean(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(ERROR).collect()
}
