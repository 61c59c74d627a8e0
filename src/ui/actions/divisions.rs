//! Server functions that add, change and remove divisions.

use leptos::prelude::*;

use super::{
    action_response::{ActionResult, actor, fail, id, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{
        CompetitionId, DivisionId,
        forms::{DivisionForm, DivisionInput},
    },
    ui::{flash::FormInput, paths, text::text},
};

/// The name of the form for a division.
pub const DIVISION_FORM: &str = "division";
/// The field with the id of the division that is changed.
pub const DIVISION_FIELD: &str = "divisionId";

/// Adds a division behind the others.
#[server(prefix = "/act", endpoint = "add-division")]
pub async fn add_division(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(flatten)] form: DivisionForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let added: Result<(), Error> = async {
        let actor = actor()?;
        let input = read(competition, &form).await?;
        let competitions = &services()?.competitions;
        let added = competitions.add_division(actor, competition, input);
        added.await.map(drop)
    }
    .await;
    let page = paths::organize(competition, "divisions");
    match added {
        Ok(()) => succeed(&page, text().divisions.added_flash).await,
        Err(error) => fail(&page, FormInput::of(DIVISION_FORM, &form), error).await,
    }
    Ok(())
}

/// Changes every field of a division.
#[server(prefix = "/act", endpoint = "change-division")]
pub async fn change_division(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "divisionId")]
    division_id: String,
    #[server(flatten)] form: DivisionForm,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let changed: Result<(), Error> = async {
        let actor = actor()?;
        let division: DivisionId = id(&division_id)?;
        let input = read(competition, &form).await?;
        let competitions = &services()?.competitions;
        let changed = competitions.edit_division(actor, competition, division, input.into());
        changed.await.map(drop)
    }
    .await;
    let page = paths::organize(competition, "divisions");
    match changed {
        Ok(()) => succeed(&page, text().divisions.saved_flash).await,
        Err(error) => {
            let page = paths::with_query(&page, &[("edit", &division_id)]);
            let form_input =
                FormInput::of(DIVISION_FORM, &form).with(DIVISION_FIELD, division_id.clone());
            fail(&page, form_input, error).await;
        }
    }
    Ok(())
}

/// Removes a division in which nobody is registered.
#[server(prefix = "/act", endpoint = "remove-division")]
pub async fn remove_division(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "divisionId")]
    division_id: String,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let removed: Result<(), Error> = async {
        let division: DivisionId = id(&division_id)?;
        let competitions = &services()?.competitions;
        competitions
            .remove_division(actor()?, competition, division)
            .await
    }
    .await;
    let page = paths::organize(competition, "divisions");
    match removed {
        Ok(()) => succeed(&page, text().divisions.removed_flash).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

/// Reads the form in the time zone of the competition.
async fn read(competition: CompetitionId, form: &DivisionForm) -> Result<DivisionInput, Error> {
    let competitions = &services()?.competitions;
    let owned = competitions.get_owned(actor()?, competition).await?;
    Ok(form.parse(&owned.time_zone)?)
}
