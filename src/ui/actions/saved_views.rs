//! Server functions that save, rename and delete views of the list of participants.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    action_response::{ActionResult, actor, fail, id, services, succeed},
    competition::known,
};
use crate::{
    domain::Error,
    model::{
        Language, SavedView, SavedViewId,
        forms::{RegistrationFilter, SavedViewInput, SavedViewPatch},
        text_rules,
    },
    ui::{flash::FormInput, paths, text::text},
};

/// The name of the form for a saved view.
pub const VIEW_FORM: &str = "view";

/// What the list of participants shows, as the hidden fields of its forms.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ShownList {
    pub search: String,
    pub status: String,
    pub language: String,
    #[serde(rename = "checkedIn")]
    pub checked_in: String,
    pub sort: String,
}

impl ShownList {
    /// Returns the filter. As on the page, values that do not read are left out.
    pub(super) fn filter(&self) -> RegistrationFilter {
        RegistrationFilter {
            status: self.status.parse().ok(),
            search: text_rules::plain(&self.search),
            language: Language::with_tag(&self.language),
            checked_in: self.checked_in.parse().ok(),
            sort: self.sort.parse().ok(),
            after: None,
        }
    }
}

/// Saves what a list of participants shows under a name.
#[server(prefix = "/act", endpoint = "save-view-of-competition")]
pub async fn save_view(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)] name: String,
    #[server(flatten)] list: ShownList,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let filter = list.filter();
    let page = paths::people(competition, &filter);
    let saved: Result<SavedView, Error> = async {
        let registrations = &services()?.registrations;
        let input = SavedViewInput::of(name.clone(), filter);
        registrations.save_view(actor()?, competition, input).await
    }
    .await;
    match saved {
        Ok(view) => succeed(&page, text().saved_views.saved(&view.name)).await,
        Err(error) => fail(&page, typed(name), error).await,
    }
    Ok(())
}

/// Gives a saved view another name.
#[server(prefix = "/act", endpoint = "rename-view-of-competition")]
pub async fn rename_view(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "viewId")]
    view_id: String,
    #[server(default)] name: String,
    #[server(flatten)] list: ShownList,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let renamed: Result<SavedView, Error> = async {
        let registrations = &services()?.registrations;
        let view: SavedViewId = id(&view_id)?;
        let patch = SavedViewPatch { name: name.clone() };
        registrations
            .rename_view(actor()?, competition, view, &patch)
            .await
    }
    .await;
    let page = paths::people(competition, &list.filter());
    match renamed {
        Ok(_) => succeed(&page, text().saved_views.renamed).await,
        Err(error) => fail(&page, typed(name), error).await,
    }
    Ok(())
}

/// Deletes a saved view.
#[server(prefix = "/act", endpoint = "delete-view-of-competition")]
pub async fn delete_view(
    #[server(default)]
    #[server(rename = "competitionId")]
    competition_id: String,
    #[server(default)]
    #[server(rename = "viewId")]
    view_id: String,
    #[server(flatten)] list: ShownList,
) -> ActionResult {
    let Some(competition) = known(&competition_id).await else {
        return Ok(());
    };
    let deleted: Result<(), Error> = async {
        let registrations = &services()?.registrations;
        let view: SavedViewId = id(&view_id)?;
        registrations.delete_view(actor()?, competition, view).await
    }
    .await;
    let page = paths::people(competition, &list.filter());
    match deleted {
        Ok(()) => succeed(&page, text().saved_views.deleted).await,
        Err(error) => fail(&page, FormInput::default(), error).await,
    }
    Ok(())
}

fn typed(name: String) -> FormInput {
    FormInput::named(VIEW_FORM).with("name", name)
}
