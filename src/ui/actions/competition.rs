//! Server functions that create and change competitions.

use leptos::prelude::*;

use super::action_response::{ActionResult, actor, fail, id, leave, services, succeed};
use crate::{
    domain::Error,
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, DomainError,
        forms::{CompetitionForm, CompetitionInput, CompetitionPatch, FieldErrors, FieldProblem},
    },
    ui::{
        flash::{Flash, FormInput, Tone},
        paths,
        text::{domain_error, text},
    },
};

/// The name under which the input of a competition's form is kept after an error.
pub const COMPETITION_FORM: &str = "competition";

/// Creates a competition as a draft or published.
#[server(prefix = "/act", endpoint = "create-competition")]
pub async fn create_competition(#[server(flatten)] form: CompetitionForm) -> ActionResult {
    let created: Result<CompetitionView, Error> = async {
        let actor = actor()?;
        let input = form.parse()?;
        services()?.competitions.create(actor, input).await
    }
    .await;
    match created {
        Ok(competition) => {
            succeed(&paths::organize(competition.id, ""), text().flash.created).await
        }
        Err(error) => {
            fail(
                paths::ORGANIZE_NEW,
                FormInput::of(COMPETITION_FORM, &form),
                error,
            )
            .await
        }
    }
    Ok(())
}

/// Changes a competition. `version` is the version that the form showed: an edit by another
/// organizer since then is not overwritten, while registrations since then do not matter.
#[server(prefix = "/act", endpoint = "edit-competition")]
pub async fn edit_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] version: String,
    #[server(flatten)] form: CompetitionForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let saved: Result<CompetitionView, Error> = async {
        let actor = actor()?;
        let input = form.parse()?;
        services()?
            .competitions
            .edit(actor, competition, input, version.parse().ok())
            .await
    }
    .await;
    match saved {
        Ok(saved) => succeed(&paths::organize(saved.id, ""), text().flash.saved).await,
        Err(Error::Domain(DomainError::PreconditionFailed)) => collide(competition, &form).await,
        Err(error) => {
            let back = paths::organize(competition, "edit");
            // The input is still based on the version that the form showed.
            let form_input = FormInput::of(COMPETITION_FORM, &form).with("version", version);
            fail(&back, form_input, error).await;
        }
    }
    Ok(())
}

/// Redirects to the form after an edit conflict. The form shows what was typed, and beside each
/// field that differs, what is saved now, so that neither edit is lost unseen.
async fn collide(competition: CompetitionId, form: &CompetitionForm) {
    let back = paths::organize(competition, "edit");
    let form_input = FormInput::of(COMPETITION_FORM, form);
    let saved: Result<CompetitionView, Error> = async {
        services()?
            .competitions
            .get_owned(actor()?, competition)
            .await
    }
    .await;
    let saved = match saved {
        Ok(saved) => saved,
        Err(error) => return fail(&back, form_input, error).await,
    };
    let differences = differences(form, &saved);
    if differences.is_empty() {
        // The same values are saved already, for example by the same form.
        let page = paths::organize(competition, "");
        return succeed(&page, text().flash.saved).await;
    }
    let form_input = form_input
        .with("version", saved.version.to_string())
        .with_errors(differences);
    let words = domain_error(&DomainError::PreconditionFailed);
    leave(&back, &Flash::say(Tone::Bad, words).with(form_input)).await;
}

/// Returns the saved value of each field in which something else was typed, as an error of the
/// field.
fn differences(form: &CompetitionForm, saved: &CompetitionView) -> FieldErrors {
    let form_input = match form.parse() {
        Ok(input) => CompetitionForm::from(&input),
        Err(_) => form.clone(),
    };
    let stored = CompetitionForm::from(&CompetitionInput::from(saved));
    let t = &text().organize;
    let yes_or_no = if saved.waitlist_enabled { t.yes } else { t.no };
    let status = match saved.status {
        CompetitionStatus::Draft => t.status_draft,
        CompetitionStatus::Published => t.status_published,
        CompetitionStatus::Cancelled => t.status_cancelled,
    };
    let mut differences = FieldErrors::default();
    for (field, form_input, stored, words) in [
        ("title", form_input.title, &stored.title, &*stored.title),
        (
            "description",
            form_input.description,
            &stored.description,
            &*stored.description,
        ),
        (
            "location",
            form_input.location,
            &stored.location,
            &*stored.location,
        ),
        ("tags", form_input.tags, &stored.tags, &*stored.tags),
        (
            "startsAt",
            form_input.starts_at,
            &stored.starts_at,
            &*stored.starts_at,
        ),
        (
            "endsAt",
            form_input.ends_at,
            &stored.ends_at,
            &*stored.ends_at,
        ),
        (
            "opensAt",
            form_input.opens_at,
            &stored.opens_at,
            &*stored.opens_at,
        ),
        (
            "timeZone",
            form_input.time_zone,
            &stored.time_zone,
            &*stored.time_zone,
        ),
        (
            "regDeadline",
            form_input.reg_deadline,
            &stored.reg_deadline,
            &*stored.reg_deadline,
        ),
        (
            "capacity",
            form_input.capacity,
            &stored.capacity,
            &*stored.capacity,
        ),
        ("status", form_input.status, &stored.status, status),
        (
            "waitlistEnabled",
            form_input.waitlist_enabled,
            &stored.waitlist_enabled,
            yes_or_no,
        ),
    ] {
        if form_input != *stored {
            let saved = FieldProblem::SavedMeanwhile(excerpt(words));
            differences.add(field, saved);
        }
    }
    differences
}

/// Returns the beginning of a text, short enough to be shown beside a field.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 300;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
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
        let (services, actor) = (services()?, actor()?);
        let original = services.competitions.get_owned(actor, competition).await?;
        let mut input = CompetitionInput::from(&original);
        input.title = text()
            .organize
            .copy_title(&original.title)
            .chars()
            .take(crate::model::forms::field_limits::TITLE.1)
            .collect();
        input.status = CompetitionStatus::Draft;
        services.competitions.create(actor, input).await
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

/// Deletes a competition with its registrations.
#[server(prefix = "/act", endpoint = "delete-competition")]
pub async fn delete_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let deleted: Result<(), Error> = async {
        services()?
            .competitions
            .delete(actor()?, competition, None)
            .await
    }
    .await;
    match deleted {
        Ok(()) => succeed(paths::ORGANIZE, text().flash.deleted).await,
        Err(error) => {
            let back = paths::organize(competition, "");
            fail(&back, FormInput::default(), error).await;
        }
    }
    Ok(())
}

/// Returns the competition that a hidden field names, or redirects to the overview if it names
/// none.
async fn known(competition_id: &str) -> Option<CompetitionId> {
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
