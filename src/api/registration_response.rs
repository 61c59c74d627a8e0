//! The response to a registration, as it is stored under its idempotency key.
//!
//! A repeat gets the status and the body of the first response byte for byte, from whichever process
//! and release it comes. `jsonb` forgets the order of keys, so every body is canonical JSON: without
//! spaces, with keys in byte order at every level.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::error::problem_of;
use crate::{
    domain::registration::{Outcome, ResponseCodec, StoredResponse},
    model::{
        BulkResultView, CompetitionId, DomainError, Language, Problem, RegistrationView,
        UndoneView, forms::RegistrationInput, http_status,
    },
    store::InfrastructureError,
};

/// The status of a response to a successful registration.
const CREATED: u16 = 201;
/// The status of a response to an organizer's act.
const OK: u16 = 200;

/// The functions that represent requests and outcomes of registrations where they are stored.
pub const REGISTRATION_RESPONSES: ResponseCodec = ResponseCodec {
    fingerprint,
    encode,
    decode,
    canonical,
};

/// Returns the SHA-256 digest of a request, in hexadecimal. Requests differ by the competition and by what their
/// bodies say, however it is written: an empty body is `{}`.
fn fingerprint(competition: CompetitionId, input: &RegistrationInput) -> String {
    let mut body = Map::new();
    if let Some(division) = input.division_id {
        body.insert("divisionId".to_owned(), division.to_string().into());
    }
    let answers = input.answers.iter().filter(|(_, answer)| !answer.is_null());
    let answers: Map<_, _> = answers
        .map(|(question, answer)| (question.clone(), answer.clone()))
        .collect();
    if !answers.is_empty() {
        body.insert("answers".to_owned(), answers.into());
    }
    let code = input.code.as_deref().map(str::trim);
    if let Some(code) = code.filter(|code| !code.is_empty()) {
        body.insert("code".to_owned(), code.into());
    }
    let body = canonical(&body.into());
    hex::encode(Sha256::digest(format!(
        "POST /competitions/{competition}/registrations {body}"
    )))
}

/// Returns 201 with the registration, 200 with the result of an act, or the problem document (RFC 9457) of a domain error in the language of the request.
fn encode(outcome: &Outcome, language: Language) -> Result<StoredResponse, InfrastructureError> {
    let (status, body) = match outcome {
        Outcome::Registered(registration) | Outcome::Waitlisted(registration) => {
            (CREATED, serde_json::to_value(registration))
        }
        Outcome::Bulk(result) => (OK, serde_json::to_value(result)),
        Outcome::Undone(undone) => (OK, serde_json::to_value(undone)),
        Outcome::Refused(error) => (
            http_status(error),
            serde_json::to_value(problem_of(error, language)),
        ),
    };
    Ok(StoredResponse {
        status,
        body: canonical(&body.map_err(InfrastructureError::internal)?),
    })
}

/// Reads a response that `encode` wrote, in this or an earlier release.
fn decode(response: &StoredResponse) -> Result<Outcome, InfrastructureError> {
    if response.status == CREATED {
        let registration: RegistrationView =
            serde_json::from_str(&response.body).map_err(InfrastructureError::internal)?;
        return Ok(Outcome::from(Ok(registration)));
    }
    if response.status == OK {
        // The two have no field in common.
        if let Ok(undone) = serde_json::from_str::<UndoneView>(&response.body) {
            return Ok(Outcome::Undone(undone));
        }
        let result: BulkResultView =
            serde_json::from_str(&response.body).map_err(InfrastructureError::internal)?;
        return Ok(Outcome::Bulk(result));
    }
    let problem: Problem =
        serde_json::from_str(&response.body).map_err(InfrastructureError::internal)?;
    let code = problem.kind.rsplit('/').next().unwrap_or_default();
    DomainError::from_code(code)
        .map(Outcome::Refused)
        .ok_or_else(|| InfrastructureError::internal(format!("no domain error {code:?}")))
}

fn canonical(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                let sorted_entries = entries.into_iter().map(|(k, v)| (k.clone(), sorted(v)));
                Value::Object(sorted_entries.collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
            other => other.clone(),
        }
    }
    sorted(value).to_string()
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;
    use crate::model::{
        BulkAction, BulkItemView, BulkOutcome, Ineligibility, RegistrationId, RegistrationStatus,
        UserId,
    };

    #[test]
    fn the_order_of_keys_in_the_database_does_not_change_the_bytes() {
        let first: Value =
            serde_json::from_str(r#"{"b":1,"a":{"d":[{"z":1,"y":2}],"c":2}}"#).unwrap();
        let second: Value =
            serde_json::from_str(r#"{"a":{"c":2,"d":[{"y":2,"z":1}]},"b":1}"#).unwrap();
        assert_eq!(canonical(&first), canonical(&second));
        assert_eq!(
            canonical(&first),
            r#"{"a":{"c":2,"d":[{"y":2,"z":1}]},"b":1}"#
        );
    }

    fn view(status: RegistrationStatus, waitlist_position: Option<u32>) -> RegistrationView {
        RegistrationView {
            registration_id: RegistrationId::new(),
            user_id: UserId::new(),
            competition_id: CompetitionId::new(),
            status,
            registered_at: Utc::now(),
            division_id: None,
            division_name: None,
            waitlist_position,
            start_number: None,
            checked_in_at: None,
            answers: None,
            ticket_code: None,
            competition_title: None,
            user_name: None,
            user_email: None,
        }
    }

    #[test]
    fn requests_differ_by_what_they_say_and_not_by_how() {
        let id = CompetitionId::new();
        let input = |json: &str| serde_json::from_str::<RegistrationInput>(json).unwrap();
        let of = |json: &str| fingerprint(id, &input(json));
        assert_eq!(of("{}"), of(r#"{"answers":{"q":null},"divisionId":null}"#));
        let plain = format!("POST /competitions/{id}/registrations {{}}");
        assert_eq!(
            of("{}"),
            hex::encode(Sha256::digest(plain)),
            "as in earlier releases"
        );
        assert_eq!(
            of(r#"{"answers":{"a":1,"b":"x"}}"#),
            of(r#"{"answers":{"b":"x","a":1}}"#)
        );
        assert_ne!(of(r#"{"answers":{"a":1}}"#), of(r#"{"answers":{"a":2}}"#));
        assert_eq!(of("{}"), of(r#"{"code":" "}"#));
        assert_ne!(of("{}"), of(r#"{"code":"SPONSOR"}"#));
        assert_ne!(of(r#"{"code":"GUESTS"}"#), of(r#"{"code":"SPONSOR"}"#));
    }

    #[test]
    fn every_outcome_that_a_registration_stores_is_decoded_as_itself() {
        for outcome in [
            Outcome::Registered(view(RegistrationStatus::Pending, None)),
            Outcome::Waitlisted(view(RegistrationStatus::Waitlisted, Some(3))),
            Outcome::Bulk(BulkResultView {
                action: BulkAction::Cancel,
                dry_run: false,
                results: vec![BulkItemView {
                    registration_id: RegistrationId::new(),
                    outcome: BulkOutcome::Done,
                }],
                done: 1,
                unchanged: 0,
                refused: 0,
                promoted: 1,
                seats_left: 0,
                waitlisted: 2,
            }),
            Outcome::Undone(UndoneView {
                seated: 18,
                waiting: 2,
                left_out: 0,
            }),
            Outcome::Refused(DomainError::NotFound),
            Outcome::Refused(DomainError::CompetitionFull),
            Outcome::Refused(DomainError::DivisionFull),
            Outcome::Refused(DomainError::CodeRequired),
            Outcome::Refused(DomainError::CodeUsedUp),
            Outcome::Refused(DomainError::NotEligible(Ineligibility::Conditions)),
            Outcome::Refused(DomainError::AlreadyRegistered),
            Outcome::Refused(DomainError::RegistrationClosed),
        ] {
            for language in Language::ALL {
                let response = encode(&outcome, language).unwrap();
                assert_eq!(decode(&response).unwrap(), outcome);
            }
        }
    }

    #[test]
    fn a_response_of_an_unknown_release_is_no_outcome() {
        let response = StoredResponse {
            status: 409,
            body: r#"{"detail":"","status":409,"title":"","type":"/problems/new-rule"}"#.to_owned(),
        };
        assert!(decode(&response).is_err());
    }
}
