//! Server functions that decide which stages a competition has.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, id, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{DomainError, Permission, StageId, forms::StageForm},
    ui::{flash::FormInput, paths, text::text},
};

/// The name of the form for a stage.
pub const STAGE_FORM: &str = "stage";
/// The field with the id of a stage.
pub const STAGE_FIELD: &str = "stageId";

/// Adds a stage behind the others.
#[server(prefix = "/act", endpoint = "add-stage")]
pub async fn add_stage(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: StageForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let added: Result<StageId, Error> = async {
        let actor = actor()?;
        let services = services()?;
        // What anybody else may not do is not checked for them.
        let found = services
            .competitions
            .get_for(actor, competition, Permission::Edit);
        let (view, _) = found.await?;
        let input = form.parse(&view.time_zone)?;
        let stage = services
            .results
            .add_stage(actor, competition, input)
            .await?;
        Ok(stage.id)
    }
    .await;
    match added {
        Ok(stage) => {
            let page = paths::results_of(competition, stage);
            succeed(&page, text().results.stage_added).await;
        }
        Err(error) => {
            let page = paths::organize(competition, "results");
            let page = paths::with_query(&page, &[("add", "1")]);
            fail(&page, FormInput::of(STAGE_FORM, &form), error).await;
        }
    }
    Ok(())
}

/// Changes every setting of a stage.
#[server(prefix = "/act", endpoint = "change-stage")]
pub async fn change_stage(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "stageId")]
    stage_id: String,
    #[server(flatten)] form: StageForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let changed: Result<StageId, Error> = async {
        let actor = actor()?;
        let services = services()?;
        let stage: StageId = id(&stage_id)?;
        let found = services
            .competitions
            .get_for(actor, competition, Permission::Edit);
        let (view, _) = found.await?;
        let all = services.results.all_stages(actor, competition).await?;
        let former = all.iter().find(|one| one.id == stage);
        let former = former.ok_or(DomainError::NotFound)?;
        let patch = form.patch(&view.time_zone, former)?;
        let changed = services
            .results
            .edit_stage(actor, competition, stage, patch);
        changed.await?;
        Ok(stage)
    }
    .await;
    match changed {
        Ok(stage) => {
            let page = paths::results_of(competition, stage);
            succeed(&page, text().results.stage_saved).await;
        }
        Err(error) => {
            let page = paths::organize(competition, "results");
            let page = paths::with_query(&page, &[("edit", &stage_id)]);
            let form_input = FormInput::of(STAGE_FORM, &form).with(STAGE_FIELD, stage_id.clone());
            fail(&page, form_input, error).await;
        }
    }
    Ok(())
}

/// Removes a stage without results.
#[server(prefix = "/act", endpoint = "remove-stage")]
pub async fn remove_stage(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "stageId")]
    stage_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let removed: Result<(), Error> = async {
        let stage: StageId = id(&stage_id)?;
        let results = &services()?.results;
        results.remove_stage(actor()?, competition, stage).await
    }
    .await;
    let page = paths::organize(competition, "results");
    match removed {
        Ok(()) => succeed(&page, text().results.stage_removed).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}
