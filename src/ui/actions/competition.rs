//! Making and changing competitions.

use leptos::prelude::*;

use super::answer::{Done, actor, fail, id, services, succeed};
use crate::{
    domain::Error,
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, Refusal,
        forms::{CompetitionForm, CompetitionInput},
    },
    ui::{address, flash::Typed, text::text},
};

/// The name under which a form about competitions is kept when it did not work out.
pub const COMPETITION_FORM: &str = "competition";

/// Makes a competition.
#[server(prefix = "/act", endpoint = "create-competition")]
pub async fn create_competition(#[server(flatten)] form: CompetitionForm) -> Done {
    let made: Result<CompetitionView, Error> = async {
        let input = form.parse()?;
        services()?.competitions.create(actor()?, input).await
    }
    .await;
    match made {
        Ok(made) => succeed(&address::organize(made.id, ""), text().outcomes.created).await,
        Err(error) => {
            fail(
                address::ORGANIZE_NEW,
                Typed::of(COMPETITION_FORM, &form),
                error,
            )
            .await
        }
    }
    Ok(())
}

/// Changes a competition. `version` is the one the form showed.
#[server(prefix = "/act", endpoint = "edit-competition")]
pub async fn edit_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] version: String,
    #[server(flatten)] form: CompetitionForm,
) -> Done {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let saved: Result<CompetitionView, Error> = async {
        let input = form.parse()?;
        services()?
            .competitions
            .edit(actor()?, competition, input, version.parse().ok())
            .await
    }
    .await;
    match saved {
        Ok(saved) => succeed(&address::organize(saved.id, ""), text().outcomes.saved).await,
        Err(error) => {
            let back = address::organize(competition, "edit");
            fail(&back, Typed::of(COMPETITION_FORM, &form), error).await;
        }
    }
    Ok(())
}

/// Makes a draft visible.
#[server(prefix = "/act", endpoint = "publish-competition")]
pub async fn publish_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
) -> Done {
    change_status(
        &competition_id,
        CompetitionStatus::Published,
        text().outcomes.published,
    )
    .await
}

/// Calls a competition off. Everyone who had a seat is told.
#[server(prefix = "/act", endpoint = "call-off-competition")]
pub async fn call_off_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
) -> Done {
    change_status(
        &competition_id,
        CompetitionStatus::Cancelled,
        text().outcomes.called_off,
    )
    .await
}

/// Makes a draft with the same content, and opens it for editing.
#[server(prefix = "/act", endpoint = "duplicate-competition")]
pub async fn duplicate_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
) -> Done {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let copied: Result<CompetitionView, Error> = async {
        let (services, actor) = (services()?, actor()?);
        let original = services.competitions.get_owned(actor, competition).await?;
        let mut input = CompetitionInput::from(&original);
        input.title = (text().organize.copy_title)(&original.title)
            .chars()
            .take(crate::model::forms::limits::TITLE.1)
            .collect();
        input.status = CompetitionStatus::Draft;
        services.competitions.create(actor, input).await
    }
    .await;
    match copied {
        Ok(copy) => {
            let edit = address::organize(copy.id, "edit");
            succeed(&edit, text().outcomes.duplicated).await;
        }
        Err(error) => {
            let back = address::organize(competition, "");
            fail(&back, Typed::default(), error).await;
        }
    }
    Ok(())
}

/// Deletes a competition and its registrations.
#[server(prefix = "/act", endpoint = "delete-competition")]
pub async fn delete_competition(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
) -> Done {
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
        Ok(()) => succeed(address::ORGANIZE, text().outcomes.deleted).await,
        Err(error) => {
            let back = address::organize(competition, "");
            fail(&back, Typed::default(), error).await;
        }
    }
    Ok(())
}

/// The competition that a hidden field names; without one, back to the overview.
async fn known(competition_id: &str) -> Option<CompetitionId> {
    if let Ok(competition) = id(competition_id) {
        return Some(competition);
    }
    fail(
        address::ORGANIZE,
        Typed::default(),
        Refusal::NotFound.into(),
    )
    .await;
    None
}

async fn change_status(competition_id: &str, status: CompetitionStatus, words: &str) -> Done {
    let Some(competition) = known(competition_id).await else {
        return Ok(());
    };
    let page = address::organize(competition, "");
    let changed: Result<CompetitionView, Error> = async {
        let (services, actor) = (services()?, actor()?);
        let old = services.competitions.get_owned(actor, competition).await?;
        let input = CompetitionInput {
            status,
            ..CompetitionInput::from(&old)
        };
        services
            .competitions
            .edit(actor, competition, input, Some(old.version))
            .await
    }
    .await;
    match changed {
        Ok(_) => succeed(&page, words).await,
        Err(error) => fail(&page, Typed::default(), error).await,
    }
    Ok(())
}
