//! Server functions that act on the participants of a competition, and add one.

use leptos::prelude::*;

use super::{
    action_response::{
        ActionResult, actor, fail, fail_to_undo, leave, parse_key, services, succeed,
    },
    announce::ANNOUNCEMENT_FORM,
    competition::known,
    saved_views::ShownList,
};
use crate::{
    domain::Error,
    model::{
        BulkAction, BulkResultView, CompetitionId, DomainError, RegistrationId, RegistrationStatus,
        UNDO_MINUTES, UndoneView,
        forms::{
            BulkInput, CHOSEN, FieldErrors, FieldProblem, MATCHING_MAX, ParticipantForm,
            RequestProblem, registration_ids,
        },
    },
    ui::{
        flash::{Flash, FormInput, Tone, UndoOffer},
        paths,
        text::text,
    },
};

/// The name of the form for an act on many registrations.
pub const BULK_FORM: &str = "bulk";
/// The action that leads to the page on which an announcement is written.
pub const MESSAGE: &str = "MESSAGE";
/// The name of the form for a new participant.
pub const PARTICIPANT_FORM: &str = "participant";

/// Reads the fields of an act as the form sends them. `ids` are separated by commas.
///
/// # Errors
/// Returns an error for each field that does not read.
pub fn bulk_input(action: &str, ids: &str, reason: &str) -> Result<BulkInput, FieldErrors> {
    let unknown = |_| FieldErrors::one("action", RequestProblem::UnknownName);
    let action: BulkAction = action.parse().map_err(unknown)?;
    let ids = registration_ids(ids);
    let ids = ids.ok_or_else(|| FieldErrors::one("ids", FieldProblem::NobodyChosen))?;
    BulkInput {
        action,
        ids,
        reason: Some(reason.to_owned()),
        dry_run: false,
    }
    .check(MATCHING_MAX)
}

/// Leads to the page that says what an act on the chosen registrations would do.
#[server(prefix = "/act", endpoint = "review-registrations-of-competition")]
pub async fn review_registrations(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] action: String,
    #[server(default)] ids: Vec<String>,
    #[server(default)] everybody: String,
    #[server(flatten)] shown: ShownList,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let reviewed: Result<String, Error> = async {
        let registrations = &services()?.registrations;
        let ids = if everybody.is_empty() {
            ids.join(",")
        } else {
            let filter = shown.filter();
            let matching = registrations.matching(actor()?, competition, &filter);
            joined(&matching.await?)
        };
        if action == MESSAGE {
            // The page of announcements says who may write to them.
            chosen(&ids)?;
            return Ok(ids);
        }
        let input = bulk_input(&action, &ids, "")?;
        // What the page shows next must not fail.
        registrations.preview(actor()?, competition, input).await?;
        Ok(ids)
    }
    .await;
    match reviewed {
        Ok(ids) if action == MESSAGE => {
            let form_input = FormInput::named(ANNOUNCEMENT_FORM).with("audience", CHOSEN);
            let page = paths::organize(competition, "announce");
            let flash = Flash::default().with(form_input.with_list("people", ids));
            leave(&page, &flash).await;
        }
        Ok(ids) => {
            let form_input = FormInput::named(BULK_FORM).with("action", action);
            let page = paths::organize(competition, "registrations/review");
            let flash = Flash::default().with(form_input.with_list("ids", ids));
            leave(&page, &flash).await;
        }
        Err(error) => fail_on_list(competition, error).await,
    }
    Ok(())
}

fn joined(ids: &[RegistrationId]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(",")
}

/// Reads the registrations that were chosen, separated by commas.
fn chosen(ids: &str) -> Result<Vec<RegistrationId>, FieldErrors> {
    let ids = registration_ids(ids).filter(|ids| !ids.is_empty());
    let ids = ids.ok_or_else(|| FieldErrors::one("ids", FieldProblem::NobodyChosen))?;
    if ids.len() > MATCHING_MAX {
        let problem = FieldProblem::TooManyChosen(MATCHING_MAX as u64);
        return Err(FieldErrors::one("ids", problem));
    }
    Ok(ids)
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
        let reply = registrations.act_on_chosen(actor, competition, &key, input);
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
            let mut flash = Flash::say(tone, result_words(&result));
            if is_removal(&result)
                && let Ok(removal) = parse_key(&idempotency_key)
            {
                flash = flash.offering(UndoOffer {
                    competition,
                    removal,
                });
            }
            leave(&page, &flash).await;
        }
        // Whoever tries again finds the reason and those who were chosen.
        Err(
            error @ Error::Domain(
                DomainError::Invalid(_)
                | DomainError::Overloaded { .. }
                | DomainError::TooManyRequests { .. }
                | DomainError::RequestInProgress
                | DomainError::Unauthenticated,
            ),
        ) => {
            let form_input = FormInput {
                form: BULK_FORM.to_owned(),
                ..FormInput::default()
            };
            let form_input = form_input.with_list("ids", ids);
            let typed = [("action", action), ("reason", reason)];
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
    if is_removal(result) {
        sentences.push(t.undo_hint(UNDO_MINUTES.into()));
    }
    sentences.join(" ")
}

/// Returns whether an act has removed anybody, which can be undone.
fn is_removal(result: &BulkResultView) -> bool {
    result.action == BulkAction::Cancel && result.done > 0
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

/// Registers those again whom the act with this `idempotencyKey` has removed. A second press changes nothing.
#[server(prefix = "/act", endpoint = "undo-removal-of-competition")]
pub async fn undo_removal(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "idempotencyKey")]
    idempotency_key: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let undone: Result<UndoneView, Error> = async {
        let actor = actor()?;
        let removal = parse_key(&idempotency_key)?;
        let registrations = &services()?.registrations;
        registrations
            .undo_removal(actor, competition, &removal)
            .await
    }
    .await;
    match (undone, parse_key(&idempotency_key)) {
        (Ok(undone), _) => {
            let tone = if undone.seated + undone.waiting > 0 {
                Tone::Good
            } else {
                Tone::Neutral
            };
            let page = paths::organize(competition, "registrations");
            leave(&page, &Flash::say(tone, undone_words(undone))).await;
        }
        // The button is shown once, and whoever tries again needs it.
        (
            Err(error @ (Error::Domain(DomainError::Overloaded { .. }) | Error::Infrastructure(_))),
            Ok(removal),
        ) => {
            let page = paths::organize(competition, "registrations");
            let offer = UndoOffer {
                competition,
                removal,
            };
            fail_to_undo(&page, offer, error).await;
        }
        (Err(error), _) => fail_on_list(competition, error).await,
    }
    Ok(())
}

/// Says who is back after a removal was undone.
fn undone_words(undone: UndoneView) -> String {
    let t = &text().people;
    let sentences = [
        (undone.seated > 0).then(|| t.undone_seated(undone.seated.into())),
        (undone.waiting > 0).then(|| t.undone_waiting(undone.waiting.into())),
        (undone.left_out > 0).then(|| t.undone_left_out(undone.left_out.into())),
    ];
    let sentences: Vec<_> = sentences.into_iter().flatten().collect();
    sentences.join(" ")
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
