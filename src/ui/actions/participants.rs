//! Server functions that act on the participants of a competition, and add one.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, leave, parse_key, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{
        BulkAction, BulkResultView, CompetitionId, DomainError, RegistrationId, RegistrationStatus,
        forms::{BulkInput, FieldErrors, FieldProblem, ParticipantForm, RequestProblem},
    },
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::text,
    },
};

/// The name of the form for an act on many registrations.
pub const BULK_FORM: &str = "bulk";
/// The name of the form for a new participant.
pub const PARTICIPANT_FORM: &str = "participant";

/// Reads the fields of an act as the form sends them. `ids` are separated by commas.
///
/// # Errors
/// Returns an error for each field that does not read.
pub fn bulk_input(action: &str, ids: &str, reason: &str) -> Result<BulkInput, FieldErrors> {
    let unknown = |_| FieldErrors::one("action", RequestProblem::UnknownName);
    let action: BulkAction = action.parse().map_err(unknown)?;
    let ids = ids.split(',').filter(|id| !id.is_empty());
    let ids: Result<Vec<RegistrationId>, _> = ids.map(str::parse).collect();
    let ids = ids.map_err(|_| FieldErrors::one("ids", FieldProblem::NobodyChosen))?;
    BulkInput {
        action,
        ids,
        reason: Some(reason.to_owned()),
        dry_run: false,
    }
    .check()
}

/// Leads to the page that says what an act on the chosen registrations would do.
#[server(prefix = "/act", endpoint = "review-registrations-of-competition")]
pub async fn review_registrations(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] action: String,
    #[server(default)] ids: Vec<String>,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let ids = ids.join(",");
    let reviewed: Result<(), Error> = async {
        let input = bulk_input(&action, &ids, "")?;
        // What the page shows next must not fail.
        let registrations = &services()?.registrations;
        let preview = registrations.preview(actor()?, competition, input);
        preview.await.map(drop)
    }
    .await;
    let form_input = FormInput::default().with("action", action).with("ids", ids);
    match reviewed {
        Ok(()) => {
            let form_input = FormInput {
                form: BULK_FORM.to_owned(),
                ..form_input
            };
            let page = paths::organize(competition, "registrations/review");
            leave(&page, &Flash::default().with(form_input)).await;
        }
        Err(error) => fail_on_list(competition, error).await,
    }
    Ok(())
}

/// Acts on registrations. A second press with the same `idempotencyKey` changes nothing.
#[server(prefix = "/act", endpoint = "act-on-registrations-of-competition")]
pub async fn act_on_registrations(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "idempotencyKey")]
    idempotency_key: String,
    #[server(default)] action: String,
    #[server(default)] ids: String,
    #[server(default)] reason: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let done: Result<BulkResultView, Error> = async {
        let actor = actor()?;
        let key = parse_key(&idempotency_key)?;
        let input = bulk_input(&action, &ids, &reason)?;
        let registrations = &services()?.registrations;
        let reply = registrations.act(actor, competition, Some(&key), input);
        match reply.await?.outcome()?.bulk() {
            Ok(result) => Ok(result.clone()),
            Err(error) => Err(error.clone().into()),
        }
    }
    .await;
    match done {
        Ok(result) => {
            let tone = if result.done > 0 {
                Tone::Good
            } else {
                Tone::Neutral
            };
            let page = paths::organize(competition, "registrations");
            leave(&page, &Flash::say(tone, result_words(&result))).await;
        }
        Err(error @ Error::Domain(DomainError::Invalid(_))) => {
            let form_input = FormInput {
                form: BULK_FORM.to_owned(),
                ..FormInput::default()
            };
            let typed = [("action", action), ("ids", ids), ("reason", reason)];
            let form_input = typed
                .into_iter()
                .fold(form_input, |input, (name, value)| input.with(name, value));
            let page = paths::organize(competition, "registrations/review");
            fail(&page, form_input, error).await;
        }
        Err(error) => fail_on_list(competition, error).await,
    }
    Ok(())
}

/// Says what an act has done.
fn result_words(result: &BulkResultView) -> String {
    let t = &text().people;
    let mut sentences = effects(result);
    if result.action == BulkAction::Cancel && result.done > 0 {
        sentences.push(t.undo.to_owned());
    }
    sentences.join(" ")
}

/// Says what an act does, in sentences.
pub fn effects(result: &BulkResultView) -> Vec<String> {
    let t = &text().people;
    let mut sentences = Vec::new();
    let done = u64::from(result.done);
    match result.action {
        _ if done == 0 => sentences.push(t.nothing_to_do.to_owned()),
        BulkAction::Cancel => sentences.push(t.cancel_effect(done)),
        BulkAction::Promote => sentences.push(t.promote_effect(done)),
        BulkAction::Resend => sentences.push(t.resend_effect(done)),
    }
    if result.promoted > 0 {
        sentences.push(t.moved_up(result.promoted.into()));
    }
    if result.unchanged > 0 {
        sentences.push(t.unchanged(result.unchanged.into()));
    }
    if result.refused > 0 {
        sentences.push(t.refused(result.refused.into()));
    }
    sentences
}

/// Adds a participant. A second press with the same `idempotencyKey` changes nothing.
#[server(prefix = "/act", endpoint = "add-participant-to-competition")]
pub async fn add_participant(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "idempotencyKey")]
    idempotency_key: String,
    #[server(default)] name: String,
    #[server(default)] email: String,
    #[server(default)]
    #[server(rename = "divisionId")]
    division_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    // An id that is malformed is that of no division.
    let division_id = division_id.parse().ok();
    let form = ParticipantForm {
        email,
        name,
        division_id,
    };
    let added: Result<RegistrationStatus, Error> = async {
        let actor = actor()?;
        let key = parse_key(&idempotency_key)?;
        let participants = &services()?.participants;
        let reply = participants.add(actor, competition, Some(&key), &form);
        match reply.await?.outcome()?.registration() {
            Ok(registration) => Ok(registration.status),
            Err(error) => Err(error.clone().into()),
        }
    }
    .await;
    let t = &text().people;
    let page = paths::organize(competition, "registrations");
    match added {
        Ok(RegistrationStatus::Waitlisted) => succeed(&page, t.added_waiting(&form.name)).await,
        Ok(_) => succeed(&page, t.added(&form.name)).await,
        Err(error) => fail(&page, FormInput::of(PARTICIPANT_FORM, &form), error).await,
    }
    Ok(())
}

/// Redirects to the list of participants, which says what is wrong.
async fn fail_on_list(competition: CompetitionId, error: Error) {
    let page = paths::organize(competition, "registrations");
    let error = match error {
        Error::Domain(DomainError::Invalid(errors)) => {
            let problem = errors.iter().next();
            let words = problem.map(|error| text().field_problem(&error.problem));
            leave(&page, &Flash::say(Tone::Bad, words.unwrap_or_default())).await;
            return;
        }
        error => error,
    };
    fail(&page, FormInput::default(), error).await;
}
