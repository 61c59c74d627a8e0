//! The form for a new bracket, and the preview of its seeds.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        BracketFormat, BracketPreview, BracketSeeding, BracketTieRule, CompetitionView, StageState,
        StageView,
        forms::{BracketForm, FieldErrors},
    },
    ui::{
        actions::{BRACKET_FORM, BRACKET_READ},
        components::{Checkbox, ErrorSummary, Field, Select, TextArea},
        flash::FormInput,
        page_request::{PageError, PageRequest},
        text::{number, text},
    },
};

/// The most characters of a list of entrants.
const LONGEST_LIST: usize = 60_000;
/// The fields of the form, as they are submitted.
const FIELDS: [&str; 13] = [
    "name",
    "format",
    "seeding",
    "divisionId",
    "stageId",
    "entrants",
    "limit",
    "thirdPlace",
    "reset",
    "rounds",
    "winPoints",
    "tieRule",
    "published",
];

/// Shows the form for a new bracket, and its seeds if it was read.
pub(super) async fn add_section(
    request: &PageRequest,
    competition: &CompetitionView,
) -> Result<AnyView, PageError> {
    let actor = request.require()?;
    let typed = request.form_input(BRACKET_FORM);
    let stages = request
        .services
        .results
        .all_stages(actor, competition.id)
        .await?;
    let official = stages
        .into_iter()
        .filter(|it| it.state == StageState::Official);
    let preview = match typed.value(BRACKET_READ).is_empty() {
        true => None,
        false => {
            let read: Result<_, FieldErrors> = form_of(&typed).parse();
            match read {
                Ok(input) => {
                    let brackets = &request.services.brackets;
                    Some(brackets.preview(actor, competition.id, &input).await?)
                }
                Err(_) => None,
            }
        }
    };
    let usual = BracketForm {
        format: BracketFormat::SingleElimination.to_string(),
        seeding: BracketSeeding::StartNumber.to_string(),
        tie_rule: BracketTieRule::HeadToHead.to_string(),
        ..BracketForm::default()
    };
    let form_input = match typed.values.is_empty() {
        true => Arc::new(FormInput::of(BRACKET_FORM, &usual)),
        false => Arc::clone(&typed),
    };
    let t = &text().brackets;
    let shown = preview.map(|preview| preview_section(competition, &typed, &preview));
    Ok(view! {
        {shown}
        <section class="section narrow" aria-labelledby="new-bracket">
            <h2 id="new-bracket">{t.add}</h2>
            <form class="form" method="post" action="/act/read-bracket" data-testid="bracket-form" data-unsaved=typed.unsaved()>
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <ErrorSummary form_input=Arc::clone(&form_input)/>
                {fields(competition, &official.collect::<Vec<_>>(), &form_input)}
                <p class="buttons"><button type="submit" class="button primary">{t.preview}</button></p>
            </form>
        </section>
    }
    .into_any())
}

/// Returns the form as it was typed.
fn form_of(typed: &FormInput) -> BracketForm {
    BracketForm {
        name: typed.value("name"),
        format: typed.value("format"),
        seeding: typed.value("seeding"),
        division_id: typed.value("divisionId"),
        stage_id: typed.value("stageId"),
        entrants: typed.value("entrants"),
        limit: typed.value("limit"),
        third_place: typed.value("thirdPlace"),
        reset: typed.value("reset"),
        rounds: typed.value("rounds"),
        win_points: typed.value("winPoints"),
        tie_rule: typed.value("tieRule"),
        published: typed.value("published"),
    }
}

/// Shows who would be in the bracket, with the button that makes it.
fn preview_section(
    competition: &CompetitionView,
    typed: &FormInput,
    preview: &BracketPreview,
) -> AnyView {
    let t = &text().brackets;
    let count = preview.names.len() as u64;
    let facts = t.preview_facts(
        &number(count),
        &number(preview.matches),
        &number(preview.byes),
    );
    let names = preview.names.iter().map(|name| {
        let name = text().account.account_name(name).to_owned();
        view! { <li><bdi>{name}</bdi></li> }
    });
    let hidden = FIELDS
        .iter()
        .map(|name| view! { <input type="hidden" name=*name value=typed.value(name)/> });
    view! {
        <section class="section" aria-labelledby="preview" data-testid="bracket-preview">
            <h2 id="preview">{t.preview_title}</h2>
            <p role="status">{facts}</p>
            <ol class="bracket-seeds">{names.collect_view()}</ol>
            <form method="post" action="/act/add-bracket" data-testid="add-bracket">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                {hidden.collect_view()}
                <p class="buttons"><button type="submit" class="button primary">{t.create}</button></p>
            </form>
        </section>
    }
    .into_any()
}

fn fields(
    competition: &CompetitionView,
    stages: &[StageView],
    form_input: &Arc<FormInput>,
) -> AnyView {
    let t = &text().brackets;
    let formats = BracketFormat::ALL.iter();
    let formats = formats.map(|one| (one.as_str(), t.format_name(*one)));
    let seedings = BracketSeeding::ALL.iter();
    let seedings = seedings.map(|one| (one.as_str(), t.seeding_name(*one)));
    let rules = BracketTieRule::ALL.iter();
    let rules = rules.map(|one| (one.as_str(), t.tie_rule_name(*one)));
    let divisions = competition.divisions.iter();
    let divisions: Vec<_> = divisions
        .map(|one| (one.id.to_string(), one.name.clone()))
        .collect();
    let division = (!divisions.is_empty()).then(|| {
        let label = text().divisions.division;
        choice(
            form_input,
            "divisionId",
            (label, ""),
            t.everybody,
            divisions,
        )
    });
    let stages: Vec<_> = stages
        .iter()
        .map(|one| (one.id.to_string(), one.name.clone()))
        .collect();
    let stage = (!stages.is_empty()).then(|| {
        let label = text().results.stage_name;
        choice(
            form_input,
            "stageId",
            (label, t.stage_hint),
            t.no_stage,
            stages,
        )
    });
    let input = || Arc::clone(form_input);
    let is_on = |name: &str| !form_input.value(name).is_empty();
    view! {
        <Field form_input=input() name="name" label=t.name max_length="80"/>
        <Select name="format" label=t.format value=form_input.value("format") choices=formats.collect()/>
        {division}
        <Select name="seeding" label=t.seeding value=form_input.value("seeding") choices=seedings.collect()/>
        {stage}
        <TextArea form_input=input() name="entrants" label=t.entrants hint=t.entrants_hint max_length=LONGEST_LIST/>
        <Field form_input=input() name="limit" kind="number" label=t.limit hint=t.limit_hint optional=true min="2"/>
        <Checkbox name="thirdPlace" label=t.third_place checked=is_on("thirdPlace")/>
        <Checkbox name="reset" label=t.reset checked=is_on("reset")/>
        <Field form_input=input() name="rounds" kind="number" label=t.rounds hint=t.rounds_hint optional=true min="1"/>
        <Field form_input=input() name="winPoints" kind="number" label=t.win_points hint=t.win_points_hint optional=true min="2"/>
        <Select name="tieRule" label=t.tie_rule value=form_input.value("tieRule") choices=rules.collect()/>
        <Checkbox name="published" label=t.published checked=is_on("published")/>
    }
    .into_any()
}

/// Shows a field that chooses a part of the competition by its name, or none.
fn choice(
    form_input: &FormInput,
    name: &'static str,
    (label, hint): (&'static str, &'static str),
    none: &'static str,
    choices: Vec<(String, String)>,
) -> AnyView {
    let value = form_input.value(name);
    let options = choices.into_iter().map(|(id, words)| {
        let selected = id == value;
        view! { <option value=id selected=selected>{words}</option> }
    });
    let options = options.collect_view();
    let error = form_input.error(name);
    let error_id = format!("{name}-error");
    let hint_id = format!("{name}-hint");
    let described = match (hint.is_empty(), error.is_some()) {
        (true, false) => None,
        (false, false) => Some(hint_id.clone()),
        (true, true) => Some(error_id.clone()),
        (false, true) => Some(format!("{error_id} {hint_id}")),
    };
    let invalid = error.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select id=name name=name aria-describedby=described aria-invalid=invalid>
                <option value="">{none}</option>
                {options}
            </select>
            {error.map(|error| view! { <p class="field-error" id=error_id>{error}</p> })}
            {(!hint.is_empty()).then(|| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}
