//! The page on which results are recorded and published.

mod list;
mod recorded;
mod stage_form;

use std::sync::Arc;

use leptos::prelude::*;

use self::{
    list::list_section,
    recorded::{recorded_section, result_form},
    stage_form::{add_form, change_form},
};
use crate::{
    model::{CompetitionView, Permission, StageId, StageState, StageView},
    ui::{
        actions::{RESULT_FORM, RESULT_LIST_FORM, STAGE_FIELD, STAGE_FORM},
        components::{EmptyState, Glyph, PageHeader, When},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The page `/organize/{id}/results`: stages, and the results in one of them.
#[component]
pub fn ResultsPage() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, role) = request.permitted(Permission::RecordResults).await?;
    let results = &request.services.results;
    let stages = results.all_stages(actor, competition.id).await?;
    let may_edit = role.permits(Permission::Edit);
    let typed = request.form_input(STAGE_FORM);
    let edited: Option<StageId> = request.query_as("edit").filter(|_| may_edit);
    let edited = stages.iter().find(|stage| Some(stage.id) == edited);
    let adds = may_edit && (stages.is_empty() || request.query("add").is_some());
    let chosen: Option<StageId> = request.query_as("stage");
    let chosen = stages.iter().find(|stage| Some(stage.id) == chosen);
    let shown = chosen.or(stages.first());
    let content = match (edited, shown) {
        (Some(stage), _) => change_form(&competition, stage, &typed),
        (None, _) if adds => add_form(&competition, &typed),
        (None, Some(stage)) => {
            let one = result_form(&request, &competition, stage, RESULT_FORM).await?;
            let list = list_section(&request, &competition, stage, RESULT_LIST_FORM).await?;
            let recorded = recorded_section(&request, &competition, stage).await?;
            view! { {publishing(&competition, stage)}{one}{list}{recorded} }.into_any()
        }
        (None, None) => ().into_any(),
    };
    let t = &text().results;
    let body = view! {
        <p class="crumb"><a href=paths::organize(competition.id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.title lead=t.lead/>
        {stage_list(&competition, &stages, may_edit)}
        {content}
    };
    Ok(PageContent::new(
        format!("{} · {}", t.title, competition.title),
        body,
    ))
}

/// Lists the stages, with what can be done with each.
fn stage_list(competition: &CompetitionView, stages: &[StageView], may_edit: bool) -> AnyView {
    let t = &text().results;
    if stages.is_empty() {
        return view! { <EmptyState glyph=Glyph::Plus title=t.stages words=t.no_stages/> }
            .into_any();
    }
    let page = paths::organize(competition.id, "results");
    let items = stages.iter().map(|stage| {
        let buttons = may_edit.then(|| stage_buttons(competition, stage));
        let facts = [
            t.metric_name(stage.metric),
            t.aggregate_name(stage.aggregate),
            t.state_name(stage.state),
        ];
        view! {
            <li>
                <div>
                    <h2><a href=paths::results_of(competition.id, stage.id)><bdi>{stage.name.clone()}</bdi></a></h2>
                    <p class="muted small">{facts.join(" · ")}</p>
                </div>
                {buttons}
            </li>
        }
    });
    let add = may_edit.then(|| {
        let href = paths::with_query(&page, &[("add", "1")]);
        view! { <p class="buttons"><a class="button" href=href>{t.add_stage}</a></p> }
    });
    view! {
        <ol class="division-list" data-testid="stages">{items.collect_view()}</ol>
        {add}
    }
    .into_any()
}

fn stage_buttons(competition: &CompetitionView, stage: &StageView) -> AnyView {
    let t = &text().results;
    let page = paths::organize(competition.id, "results");
    let edit = paths::with_query(&page, &[("edit", &stage.id.to_string())]);
    view! {
        <div class="buttons">
            <a class="button" href=edit aria-label=t.change_of(&stage.name)>{t.change}</a>
            <form method="post" action="/act/remove-stage">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name=STAGE_FIELD value=stage.id.to_string()/>
                <button type="submit" class="button quiet" aria-label=t.remove_of(&stage.name)>{t.remove}</button>
            </form>
        </div>
    }
    .into_any()
}

/// Says what is published of a stage, with the buttons that publish.
fn publishing(competition: &CompetitionView, stage: &StageView) -> AnyView {
    let t = &text().results;
    let published = stage.published_at.map(|at| {
        let public = paths::standings_of(competition.id, stage.id);
        let zone = competition.time_zone.clone();
        view! {
            <p>{t.state_name(stage.state)}" · "{t.version(&number(stage.version.into()))}" · "<When time=at zone=zone/></p>
            <p><a href=public>{t.leaderboard}</a></p>
        }
    });
    let freeze = stage
        .freeze_at
        .filter(|_| stage.state != StageState::Official);
    let freeze = freeze.map(|at| {
        let zone = competition.time_zone.clone();
        view! { <p class="muted">{t.freeze_at}" "<When time=at zone=zone/></p> }
    });
    let official = (stage.state != StageState::Official).then(|| {
        view! { <button type="submit" class="button" name="official" value="on">{t.publish_official}</button> }
    });
    view! {
        <section class="section" aria-labelledby="publish-results" data-testid="publishing">
            <h2 id="publish-results"><bdi>{stage.name.clone()}</bdi></h2>
            <p class="muted">{t.publish_lead}</p>
            {published}
            {freeze}
            <form class="buttons" method="post" action="/act/publish-results" data-testid="publish-form">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name=STAGE_FIELD value=stage.id.to_string()/>
                <button type="submit" class="button primary">{t.publish}</button>
                {official}
            </form>
        </section>
    }
    .into_any()
}
