//! Server functions that create and change competitions.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, id, leave, services, succeed},
    edit_conflict::{COMPETITION_FORM, SHOWN, collide},
    presets::{PRESET, Preset},
};
use crate::{
    domain::{Error, competitions::Edit},
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, DomainError,
        forms::{CompetitionForm, CompetitionInput, CompetitionPatch, FieldProblem},
    },
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::text,
    },
};

/// Creates a competition as a draft or published, with what its preset brings.
#[server(prefix = "/act", endpoint = "create-competition")]
pub async fn create_competition(
    #[server(default)] preview: String,
    #[server(default)] preset: String,
    #[server(flatten)] form: CompetitionForm,
) -> ActionResult {
    let form_input = || FormInput::of(COMPETITION_FORM, &form).with(PRESET, &preset);
    if !preview.is_empty() {
        show_preview(paths::ORGANIZE_NEW, form_input()).await;
        return Ok(());
    }
    let created: Result<CompetitionView, Error> = async {
        let actor = actor()?;
        let input = form.parse()?;
        let parts = preset.parse().ok().map(Preset::parts);
        let competitions = &services()?.competitions;
        competitions
            .create_with(actor, input, parts.unwrap_or_default())
            .await
    }
    .await;
    match created {
        Ok(competition) => {
            succeed(&paths::organize(competition.id, ""), text().flash.created).await
        }
        Err(error) => fail(paths::ORGANIZE_NEW, form_input(), error).await,
    }
    Ok(())
}

/// Changes a competition. `version` is the version that the form showed, and `shown` what it showed: an edit by
/// another organizer since then is not overwritten, while registrations since then do not matter.
#[server(prefix = "/act", endpoint = "edit-competition")]
pub async fn edit_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] version: String,
    #[server(default)] shown: String,
    #[server(default)] notify: String,
    #[server(default)] promoting: String,
    #[server(default)] preview: String,
    #[server(flatten)] form: CompetitionForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    // The input is still based on the version that the form showed.
    let form_input = || {
        FormInput::of(COMPETITION_FORM, &form)
            .with("version", &version)
            .with(SHOWN, &shown)
    };
    let edit_page = paths::organize(competition, "edit");
    if !preview.is_empty() {
        show_preview(&edit_page, form_input()).await;
        return Ok(());
    }
    let saved: Result<Saved, Error> = async {
        let (competitions, actor) = (&services()?.competitions, actor()?);
        let stored = competitions.get_owned(actor, competition).await?;
        let input = form.parse_change(&CompetitionInput::from(&stored))?;
        let version = version.parse().ok();
        // A question about a form that is merged with another edit first would be about the wrong values.
        if version.is_some_and(|version| stored.is_edited_since(version)) {
            return Err(DomainError::PreconditionFailed.into());
        }
        let moves = competitions.moves(actor, competition, &input).await?;
        let promoted = promoted(&stored, &input);
        let (promotes, has_seen) = (promoted > 0, has_seen(&promoting, &input, promoted));
        if (moves && notify.is_empty()) || (promotes && !has_seen) {
            return Ok(Saved::Asks { moves, promotes });
        }
        let edit = Edit::of(input)
            .based_on(version)
            .notifying(notify != NOTIFY_NOBODY);
        let edited = competitions.make_edit(actor, competition, edit).await;
        edited.map(|_| Saved::Done)
    }
    .await;
    match saved {
        Ok(Saved::Done) => succeed(&paths::organize(competition, ""), text().flash.saved).await,
        Ok(Saved::Asks { moves, promotes }) => {
            let asking = [(NOTIFY, moves), (PROMOTING, promotes)]
                .into_iter()
                .filter(|(_, asks)| *asks)
                .fold(form_input(), |form_input, (field, _)| {
                    form_input.with(field, "?")
                });
            leave(&edit_page, &Flash::default().with(asking)).await;
        }
        Err(Error::Domain(DomainError::PreconditionFailed)) => {
            collide(competition, &form, &shown).await;
        }
        Err(error) => fail(&edit_page, form_input(), error).await,
    }
    Ok(())
}

/// What became of a form that was submitted.
enum Saved {
    Done,
    /// Nothing is saved before questions are answered.
    Asks {
        /// Whether it asks who is told of another time or place.
        moves: bool,
        /// Whether it asks about the people whom more seats promote.
        promotes: bool,
    },
}

/// Returns how many people on the waitlist get seats because an edit changes the capacity.
fn promoted(stored: &CompetitionView, input: &CompetitionInput) -> u32 {
    let capacity = u32::try_from(input.capacity).unwrap_or(0);
    match capacity > stored.capacity && input.status == CompetitionStatus::Published {
        true => stored.promoted_with(capacity, stored.server_time),
        false => 0,
    }
}

/// Returns whether an organizer has seen that this capacity promotes at least as many people.
fn has_seen(promoting: &str, input: &CompetitionInput, promoted: u32) -> bool {
    let seen = promoting.split_once(':');
    seen.is_some_and(|(capacity, people)| {
        capacity == input.capacity.to_string()
            && people.parse().is_ok_and(|people: u32| people >= promoted)
    })
}

/// The name of the field that says with which capacity an organizer has seen how many are promoted, such as `20:5`, and
/// under which the form asks.
pub const PROMOTING: &str = "promoting";
/// The name of the field that says whether participants are told of a new time or place, and under which the form
/// asks.
pub const NOTIFY: &str = "notify";
/// The value of [`NOTIFY`] that tells nobody.
pub const NOTIFY_NOBODY: &str = "no";
/// The name of the field that asks for a preview of the description.
pub const PREVIEW: &str = "preview";

/// Shows the form again, unsaved, with a preview of its description.
async fn show_preview(page: &str, form_input: FormInput) {
    if let Err(error) = actor() {
        return fail(page, form_input, error).await;
    }
    let flash = Flash::default().with(form_input.with(PREVIEW, "on"));
    leave(&format!("{page}#preview"), &flash).await;
}

/// Publishes a draft, which makes it visible to everyone.
#[server(prefix = "/act", endpoint = "publish-competition")]
pub async fn publish_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
) -> ActionResult {
    change_status(
        &competition_id,
        CompetitionStatus::Published,
        text().flash.published,
    )
    .await
}

/// Cancels a competition. Every participant gets a message.
#[server(prefix = "/act", endpoint = "call-off-competition")]
pub async fn call_off_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
) -> ActionResult {
    change_status(
        &competition_id,
        CompetitionStatus::Cancelled,
        text().flash.called_off,
    )
    .await
}

/// Pauses registration for a competition.
#[server(prefix = "/act", endpoint = "pause-competition")]
pub async fn pause_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] back: String,
) -> ActionResult {
    set_paused(&competition_id, true, &back).await
}

/// Resumes registration for a competition.
#[server(prefix = "/act", endpoint = "resume-competition")]
pub async fn resume_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] back: String,
) -> ActionResult {
    set_paused(&competition_id, false, &back).await
}

async fn set_paused(competition_id: &str, paused: bool, back: &str) -> ActionResult {
    let Some(competition) = known(competition_id).await else {
        return Ok(());
    };
    let page = page_after(competition, back);
    let changed: Result<(), Error> = async {
        let (competitions, actor) = (&services()?.competitions, actor()?);
        match paused {
            true => competitions.pause(actor, competition).await,
            false => competitions.resume(actor, competition).await,
        }
    }
    .await;
    let t = &text().flash;
    match changed {
        Ok(()) => succeed(&page, if paused { t.paused } else { t.resumed }).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

/// Changes the capacity of a competition alone. `version` is the version that the question showed: an edit by another
/// organizer since then is not overwritten, while registrations since then do not matter.
#[server(prefix = "/act", endpoint = "change-capacity-of-competition")]
pub async fn change_capacity(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] capacity: String,
    #[server(default)] version: String,
    #[server(default)] back: String,
) -> ActionResult {
    let patch = CompetitionPatch {
        // A number that can't be read is out of bounds, which the domain refuses.
        capacity: Some(capacity.parse().unwrap_or(0)),
        ..CompetitionPatch::default()
    };
    change(&competition_id, patch, version.parse().ok(), &back).await
}

/// Opens or closes the waitlist of a competition.
#[server(prefix = "/act", endpoint = "change-waitlist-of-competition")]
pub async fn change_waitlist(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "waitlistEnabled")]
    waitlist_enabled: String,
    #[server(default)] back: String,
) -> ActionResult {
    let patch = CompetitionPatch {
        waitlist_enabled: Some(!waitlist_enabled.is_empty()),
        ..CompetitionPatch::default()
    };
    change(&competition_id, patch, None, &back).await
}

async fn change(
    competition_id: &str,
    patch: CompetitionPatch,
    version: Option<i64>,
    back: &str,
) -> ActionResult {
    let Some(competition) = known(competition_id).await else {
        return Ok(());
    };
    let page = page_after(competition, back);
    let capacity = patch.capacity;
    let changed: Result<(), Error> = async {
        let (competitions, actor) = (&services()?.competitions, actor()?);
        let edited = competitions.edit(actor, competition, patch, version).await;
        // The second press of a button finds what the first has done.
        if let Err(Error::Domain(DomainError::PreconditionFailed)) = edited {
            let now = competitions.get_owned(actor, competition).await?;
            if capacity == Some(now.capacity.into()) {
                return Ok(());
            }
        }
        edited.map(|_| ())
    }
    .await;
    match changed {
        Ok(()) => succeed(&page, text().flash.saved).await,
        // There is no form beside whose fields these could stand.
        Err(Error::Domain(DomainError::Invalid(errors))) => {
            let problems = errors.iter().map(|invalid| &invalid.problem);
            let words: Vec<_> = problems
                .map(|problem| text().field_problem(problem))
                .collect();
            leave(&page, &Flash::say(Tone::Bad, words.join(" "))).await;
        }
        Err(Error::Domain(DomainError::CapacityBelowRegistrations)) => {
            let words = text().field_problem(&FieldProblem::SeatsTaken);
            leave(&page, &Flash::say(Tone::Bad, words)).await;
        }
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

/// Returns the page from which an action was asked for: the control room or the overview.
fn page_after(competition: CompetitionId, back: &str) -> String {
    match back {
        "live" => paths::control_room(competition),
        _ => paths::organize(competition, ""),
    }
}

/// Creates a draft with the same content, and opens it for editing.
#[server(prefix = "/act", endpoint = "duplicate-competition")]
pub async fn duplicate_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let copied: Result<CompetitionView, Error> = async {
        let competitions = &services()?.competitions;
        competitions.duplicate(actor()?, competition).await
    }
    .await;
    match copied {
        Ok(copy) => {
            let edit = paths::organize(copy.id, "edit");
            succeed(&edit, text().flash.duplicated).await;
        }
        Err(error) => {
            let back = paths::organize(competition, "");
            fail(&back, FormInput::default(), error).await;
        }
    }
    Ok(())
}

/// Returns the competition that a hidden field names, or redirects to the overview if it names
/// none.
pub(super) async fn known(competition_id: &str) -> Option<CompetitionId> {
    if let Ok(competition) = id(competition_id) {
        return Some(competition);
    }
    fail(
        paths::ORGANIZE,
        FormInput::default(),
        DomainError::NotFound.into(),
    )
    .await;
    None
}

async fn change_status(
    competition_id: &str,
    status: CompetitionStatus,
    words: &str,
) -> ActionResult {
    let Some(competition) = known(competition_id).await else {
        return Ok(());
    };
    let page = paths::organize(competition, "");
    let changed: Result<CompetitionView, Error> = async {
        // Changes the status alone, so that it conflicts with no edit of other fields.
        let change = CompetitionPatch::status(status);
        services()?
            .competitions
            .edit(actor()?, competition, change, None)
            .await
    }
    .await;
    match changed {
        Ok(_) => succeed(&page, words).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}
