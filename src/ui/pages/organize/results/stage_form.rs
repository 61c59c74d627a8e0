//! The forms for a new stage and for the change of one.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionView, ResultAggregate, ResultDirection, StageMetric, StageView, TieRule,
        forms::StageForm,
    },
    ui::{
        actions::{STAGE_FIELD, STAGE_FORM},
        components::{Checkbox, ErrorSummary, Field, Select},
        flash::FormInput,
        paths,
        text::text,
    },
};

/// Shows the form for a new stage.
pub(super) fn add_form(competition: &CompetitionView, typed: &Arc<FormInput>) -> AnyView {
    let t = &text().results;
    let usual = StageForm {
        metric: StageMetric::Time.to_string(),
        aggregate: ResultAggregate::Best.to_string(),
        tie_rule: TieRule::Shared.to_string(),
        open: "on".to_owned(),
        ..StageForm::default()
    };
    let form_input = match typed.values.is_empty() {
        true => Arc::new(FormInput::of(STAGE_FORM, &usual)),
        false => Arc::clone(typed),
    };
    view! {
        <section class="section narrow" aria-labelledby="new-stage">
            <h2 id="new-stage">{t.add_stage}</h2>
            <form class="form" method="post" action="/act/add-stage" data-testid="stage-form" data-unsaved=typed.unsaved()>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <ErrorSummary form_input=Arc::clone(&form_input)/>
                {fields(&form_input)}
                <p class="buttons"><button type="submit" class="button primary">{t.add_stage}</button></p>
            </form>
        </section>
    }
    .into_any()
}

/// Shows the form with the settings of a stage.
pub(super) fn change_form(
    competition: &CompetitionView,
    stage: &StageView,
    typed: &Arc<FormInput>,
) -> AnyView {
    let t = &text().results;
    let id = stage.id.to_string();
    let (form_input, unsaved) = match typed.value(STAGE_FIELD) == id {
        true => (Arc::clone(typed), typed.unsaved()),
        false => {
            let form = StageForm::of(stage, &competition.time_zone);
            (Arc::new(FormInput::of(STAGE_FORM, &form)), "")
        }
    };
    view! {
        <section class="section narrow" aria-labelledby="change-stage">
            <h2 id="change-stage"><bdi>{stage.name.clone()}</bdi></h2>
            <form class="form" method="post" action="/act/change-stage" data-testid="stage-form" data-unsaved=unsaved>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name=STAGE_FIELD value=id/>
                <ErrorSummary form_input=Arc::clone(&form_input)/>
                {fields(&form_input)}
                <p class="buttons">
                    <button type="submit" class="button primary">{t.save}</button>
                    <a class="button quiet" href=paths::results_of(competition.id, stage.id) data-leave="">{text().organize.abort}</a>
                </p>
            </form>
        </section>
    }
    .into_any()
}

fn fields(form_input: &Arc<FormInput>) -> AnyView {
    let t = &text().results;
    let metrics = StageMetric::ALL.iter();
    let metrics = metrics
        .map(|one| (one.as_str(), t.metric_name(*one)))
        .collect();
    let directions = ResultDirection::ALL.iter();
    let directions = directions.map(|one| (one.as_str(), t.direction_name(*one)));
    let directions = std::iter::once(("", t.direction_usual)).chain(directions);
    let aggregates = ResultAggregate::ALL.iter();
    let aggregates = aggregates.map(|one| (one.as_str(), t.aggregate_name(*one)));
    let tie_rules = TieRule::ALL.iter();
    let tie_rules = tie_rules.map(|one| (one.as_str(), t.tie_rule_name(*one)));
    let input = || Arc::clone(form_input);
    view! {
        <Field form_input=input() name="name" label=t.stage_name max_length="80"/>
        <Select name="metric" label=t.metric value=form_input.value("metric") choices=metrics/>
        <Select name="direction" label=t.direction value=form_input.value("direction") choices=directions.collect()/>
        <Field form_input=input() name="unit" label=t.unit hint=t.unit_hint optional=true max_length="20"/>
        <Field form_input=input() name="decimals" kind="number" label=t.decimals hint=t.decimals_hint optional=true min="0"/>
        <Select name="aggregate" label=t.aggregate value=form_input.value("aggregate") choices=aggregates.collect()/>
        <Select name="tieRule" label=t.tie_rule value=form_input.value("tieRule") choices=tie_rules.collect()/>
        <Checkbox name="open" label=t.open checked=!form_input.value("open").is_empty()/>
        <Field form_input=input() name="freezeAt" kind="datetime-local" label=t.freeze_at hint=t.freeze_hint optional=true/>
    }
    .into_any()
}
