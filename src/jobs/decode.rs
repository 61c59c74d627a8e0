//! Decodes the content of a queue, which may be anything: jobs of another release, or bytes that other
//! software has written.

use std::collections::BTreeMap;

use super::{
    dead_letters::{self, DeadLetter},
    handler::Job,
    kind::{JobKind, JobKinds},
    outbox::JobEnvelope,
};
use crate::store::ports::Envelope;

/// An envelope that holds a job which this release knows.
#[derive(Debug, Clone)]
pub(super) struct DecodedJob {
    /// The envelope as the queue holds it.
    pub envelope: Envelope,
    /// The job in it.
    pub job: Job,
}

/// An envelope that holds no job, or one of another release.
#[derive(Debug, Clone)]
pub(super) struct InvalidEnvelope {
    /// The envelope as the queue holds it.
    pub envelope: Envelope,
    /// The dead letter that it becomes.
    pub dead_letter: DeadLetter,
}

/// Separates jobs of known kinds from everything else.
pub(super) fn decode(
    queue: &str,
    envelopes: &[Envelope],
    kinds: &JobKinds,
) -> (Vec<DecodedJob>, Vec<InvalidEnvelope>) {
    let (mut jobs, mut invalid) = (Vec::new(), Vec::new());
    for envelope in envelopes {
        match decode_one(envelope, kinds) {
            Ok(job) => jobs.push(DecodedJob {
                envelope: envelope.clone(),
                job,
            }),
            Err((error, fields)) => invalid.push(InvalidEnvelope {
                envelope: envelope.clone(),
                dead_letter: dead_letter(queue, envelope, error, fields),
            }),
        }
    }
    (jobs, invalid)
}

/// Groups jobs by kind; each group keeps the order in which they were claimed.
pub(super) fn group_by_kind(jobs: Vec<DecodedJob>) -> Vec<Vec<DecodedJob>> {
    let mut groups = BTreeMap::<JobKind, Vec<DecodedJob>>::new();
    for decoded in jobs {
        groups.entry(decoded.job.kind).or_default().push(decoded);
    }
    groups.into_values().collect()
}

fn decode_one(envelope: &Envelope, kinds: &JobKinds) -> Result<Job, (String, Option<JobEnvelope>)> {
    let fields: JobEnvelope = serde_json::from_slice(&envelope.raw)
        .map_err(|error| (format!("not a job: {error}"), None))?;
    let kind = match kinds.find(&fields.kind, fields.version) {
        Ok(kind) => kind,
        Err(error) => return Err((error, Some(fields))),
    };
    match fields.id.parse() {
        Ok(id) => Ok(Job {
            id,
            kind,
            payload: fields.payload,
        }),
        Err(error) => Err((format!("id: {error}"), Some(fields))),
    }
}

fn dead_letter(
    queue: &str,
    envelope: &Envelope,
    error: String,
    fields: Option<JobEnvelope>,
) -> DeadLetter {
    let (job_id, kind, version, payload) = match fields {
        Some(fields) => (fields.id, fields.kind, fields.version, fields.payload),
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
        let envelopes = [
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
        let kinds = JobKinds::new([JobKind::new("confirmation", "registration")]);
        let (jobs, invalid) = decode("registration", &envelopes, &kinds);
        assert_eq!(jobs.len(), 1);
        let errors: Vec<_> = invalid
            .iter()
            .map(|invalid| invalid.dead_letter.error.as_str())
            .collect();
        assert!(errors[0].contains("version 1 here, not 9"), "{errors:?}");
        assert!(errors[1].contains("unknown job kind"), "{errors:?}");
        assert!(errors[2].contains("not a job"), "{errors:?}");
    }
}
