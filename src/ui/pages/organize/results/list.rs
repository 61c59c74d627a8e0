//! The form that takes many results, and what a list would do.

use std::sync::Arc;

use leptos::prelude::*;

use super::super::wrong_lines::{WrongLine, wrong_lines};
use crate::{
    model::{CompetitionView, IdempotencyKey, ResultLine, ResultListPreview, StageView},
    ui::{
        actions::{RESULT_LIST_READ, STAGE_FIELD},
        components::{ErrorSummary, Field, TextArea},
        flash::FormInput,
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The most characters of a list that is pasted.
const LONGEST_LIST: usize = 90_000;

/// Shows the form for a list, or what a list would do that was read.
pub(super) async fn list_section(
    request: &PageRequest,
    competition: &CompetitionView,
    stage: &StageView,
    form: &str,
) -> Result<AnyView, PageError> {
    let actor = request.require()?;
    let form_input = request.form_input(form);
    let preview = match form_input.value(RESULT_LIST_READ).is_empty() {
        true => None,
        false => {
            let list = form_input.value("results");
            let results = &request.services.results;
            Some(results.preview_list(actor, stage.id, &list).await?)
        }
    };
    let t = &text().results;
    let content = match preview {
        Some(preview) if preview.wrong.is_empty() => {
            ready(competition, stage, &form_input, &preview)
        }
        Some(preview) => {
            let count = number(preview.wrong_lines);
            view! {
                <p role="alert"><strong>{t.wrong_title(&count)}</strong></p>
                {wrong_lines(text().results.result, preview.wrong.into_iter().map(wrong_line))}
                {list_form(competition, stage, &form_input)}
            }
            .into_any()
        }
        None => list_form(competition, stage, &form_input),
    };
    Ok(view! {
        <section class="section" aria-labelledby="many-results" data-testid="result-list">
            <h2 id="many-results">{t.list_title}</h2>
            {content}
        </section>
    }
    .into_any())
}

fn list_form(
    competition: &CompetitionView,
    stage: &StageView,
    form_input: &Arc<FormInput>,
) -> AnyView {
    let t = &text().results;
    let input = || Arc::clone(form_input);
    view! {
        <form class="form wide-form" method="post" enctype="multipart/form-data" action=paths::ACT_READ_RESULTS data-testid="result-list-form">
            <ErrorSummary form_input=input()/>
            <input type="hidden" name="competitionId" value=competition.id.to_string()/>
            <input type="hidden" name=STAGE_FIELD value=stage.id.to_string()/>
            <TextArea form_input=input() name="results" label=t.list hint=t.list_hint max_length=LONGEST_LIST/>
            <Field form_input=input() name="file" kind="file" label=t.file hint=t.file_hint accept=".csv,.txt,text/csv,text/plain" optional=true/>
            <p class="buttons"><button type="submit" class="button">{t.check_list}</button></p>
        </form>
    }
    .into_any()
}

/// Shows how many results a list has, with the button that records them.
fn ready(
    competition: &CompetitionView,
    stage: &StageView,
    form_input: &FormInput,
    preview: &ResultListPreview,
) -> AnyView {
    let t = &text().results;
    view! {
        <p role="status"><strong>{t.ready_title(&number(preview.results))}</strong></p>
        <form method="post" action="/act/record-results" data-testid="record-results">
            <input type="hidden" name="competitionId" value=competition.id.to_string()/>
            <input type="hidden" name=STAGE_FIELD value=stage.id.to_string()/>
            <input type="hidden" name="idempotencyKey" value=IdempotencyKey::mint().to_string()/>
            <input type="hidden" name="results" value=form_input.value("results")/>
            <p class="buttons">
                <button type="submit" class="button primary">{t.record_list}</button>
                <a class="button" href=paths::results_of(competition.id, stage.id)>{t.other_list}</a>
            </p>
        </form>
    }
    .into_any()
}

/// Returns a line that can't be used, as it is shown.
fn wrong_line(line: ResultLine) -> WrongLine {
    WrongLine {
        line: line.line,
        shown: format!("{} {}", line.code, line.value),
        problem: line.problem,
    }
}
