//! Reading what stands in a list. Anything may: another release's jobs, a person's typing, garbage.

use std::collections::BTreeMap;

use super::{
    Job, JobKind,
    dead_letters::{self, DeadLetter},
    outbox::JobEnvelope,
};
use crate::store::ports::Envelope;

/// An envelope that holds a job of ours.
#[derive(Debug, Clone)]
pub(super) struct DecodedJob {
    /// As it stands in the list.
    pub envelope: Envelope,
    /// What it asks for.
    pub job: Job,
}

/// An envelope that holds none, and the dead letter it becomes.
#[derive(Debug, Clone)]
pub(super) struct InvalidEnvelope {
    /// As it stands in the list.
    pub envelope: Envelope,
    /// What is kept of it.
    pub letter: DeadLetter,
}

/// Tells jobs from invalid.
pub(super) fn sort(queue: &str, taken: &[Envelope]) -> (Vec<DecodedJob>, Vec<InvalidEnvelope>) {
    let (mut jobs, mut invalid) = (Vec::new(), Vec::new());
    for envelope in taken {
        match read(envelope) {
            Ok(job) => jobs.push(DecodedJob {
                envelope: envelope.clone(),
                job,
            }),
            Err((error, ticket)) => invalid.push(InvalidEnvelope {
                envelope: envelope.clone(),
                letter: letter(queue, envelope, error, ticket),
            }),
        }
    }
    (jobs, invalid)
}

/// Jobs by kind, each kind in the order they came.
pub(super) fn by_kind(jobs: Vec<DecodedJob>) -> Vec<Vec<DecodedJob>> {
    let mut groups = BTreeMap::<JobKind, Vec<DecodedJob>>::new();
    for read in jobs {
        groups.entry(read.job.kind).or_default().push(read);
    }
    groups.into_values().collect()
}

fn read(envelope: &Envelope) -> Result<Job, (String, Option<JobEnvelope>)> {
    let ticket: JobEnvelope = serde_json::from_slice(&envelope.raw)
        .map_err(|error| (format!("not a job: {error}"), None))?;
    let kind: JobKind = match ticket.kind.parse() {
        Ok(kind) => kind,
        Err(error) => return Err((error, Some(ticket))),
    };
    if ticket.version != kind.version() {
        let error = format!(
            "{kind} has version {} here, not {}",
            kind.version(),
            ticket.version
        );
        return Err((error, Some(ticket)));
    }
    match ticket.id.parse() {
        Ok(id) => Ok(Job {
            id,
            kind,
            payload: ticket.payload,
        }),
        Err(error) => Err((format!("id: {error}"), Some(ticket))),
    }
}

fn letter(
    queue: &str,
    envelope: &Envelope,
    error: String,
    ticket: Option<JobEnvelope>,
) -> DeadLetter {
    let (job_id, kind, version, payload) = match ticket {
        Some(ticket) => (ticket.id, ticket.kind, ticket.version, ticket.payload),
        None => {
            let text = String::from_utf8_lossy(&envelope.raw).replace('\0', "\u{fffd}");
            (
                dead_letters::UNKNOWN.to_owned(),
                dead_letters::UNKNOWN.to_owned(),
                0,
                serde_json::Value::String(text),
            )
        }
    };
    DeadLetter {
        job_id,
        queue: queue.to_owned(),
        kind,
        version,
        payload,
        subject: None,
        error,
        attempts: 1,
        history: serde_json::json!([]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(text: &str) -> Envelope {
        Envelope {
            raw: text.to_owned().into(),
        }
    }

    #[test]
    fn jobs_of_another_release_and_garbage_become_dead_letters_that_say_why() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let taken = [
            envelope(&format!(
                r#"{{"id":"{id}","kind":"confirmation","version":1,"payload":{{}}}}"#
            )),
            envelope(&format!(
                r#"{{"id":"{id}","kind":"confirmation","version":9,"payload":{{}}}}"#
            )),
            envelope(&format!(
                r#"{{"id":"{id}","kind":"dance","version":1,"payload":{{}}}}"#
            )),
            envelope(r#"{"id":"#),
        ];
        let (jobs, invalid) = sort("registration", &taken);
        assert_eq!(jobs.len(), 1);
        let errors: Vec<_> = invalid.iter().map(|n| n.letter.error.as_str()).collect();
        assert!(errors[0].contains("version 1 here, not 9"), "{errors:?}");
        assert!(errors[1].contains("unknown job kind"), "{errors:?}");
        assert!(errors[2].contains("not a job"), "{errors:?}");
    }
}
