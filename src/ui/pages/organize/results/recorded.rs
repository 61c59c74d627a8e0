//! The form for one result, and what was recorded.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionView, IdempotencyKey, Page, PerformanceId, PerformanceStatus, PerformanceView,
        StageMetric, StageView, format_value,
        forms::{Paging, PerformanceForm},
    },
    ui::{
        actions::STAGE_FIELD,
        components::{ErrorSummary, Field, Pagination, SearchField, Select, TableBox, When},
        flash::FormInput,
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The number of recorded results on a page.
const ROWS: u64 = 50;

/// Shows the form for a result, or for the correction of one that the address names.
pub(super) async fn result_form(
    request: &PageRequest,
    competition: &CompetitionView,
    stage: &StageView,
    form: &'static str,
) -> Result<AnyView, PageError> {
    let actor = request.require()?;
    let t = &text().results;
    let mut form_input = request.form_input(form);
    let corrected: Option<PerformanceId> = request.query_as("correct");
    let corrected = match corrected {
        Some(id) => {
            let results = &request.services.results;
            results.performance(actor, stage.id, id).await?
        }
        None => None,
    };
    if let Some(one) = corrected.as_ref().filter(|_| form_input.values.is_empty()) {
        form_input = Arc::new(FormInput::of(form, &former(stage, one)));
    }
    let title = match &corrected {
        Some(one) => t.correct_title(text().account.account_name(&one.user_name)),
        None => t.one_title.to_owned(),
    };
    let statuses = PerformanceStatus::ALL.iter();
    let statuses = statuses.map(|one| (one.as_str(), t.status_name(*one)));
    let hint = match stage.metric {
        StageMetric::Time => t.value_time_hint,
        _ => t.value_hint,
    };
    let who = match &corrected {
        Some(one) => view! {
            <input type="hidden" name="code" value=one.registration_id.to_string()/>
            <input type="hidden" name="supersedes" value=one.id.to_string()/>
        }
        .into_any(),
        None => view! { <Field form_input=Arc::clone(&form_input) name="code" label=t.participant hint=t.participant_hint max_length="100" autocomplete="off"/> }
            .into_any(),
    };
    let abort = corrected.is_some().then(|| {
        view! { <a class="button quiet" href=paths::results_of(competition.id, stage.id)>{text().organize.abort}</a> }
    });
    let input = || Arc::clone(&form_input);
    Ok(view! {
        <section class="section narrow" aria-labelledby="one-result">
            <h2 id="one-result">{title}</h2>
            <form class="form" method="post" action="/act/record-result" data-testid="result-form">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name=STAGE_FIELD value=stage.id.to_string()/>
                <input type="hidden" name="idempotencyKey" value=IdempotencyKey::mint().to_string()/>
                <ErrorSummary form_input=input()/>
                {who}
                <Field form_input=input() name="value" label=t.value hint=hint optional=true max_length="40" autocomplete="off"/>
                <Select name="status" label=t.status value=form_input.value("status") choices=statuses.collect()/>
                <Field form_input=input() name="note" label=t.note hint=t.note_hint optional=true max_length="200"/>
                <p class="buttons"><button type="submit" class="button primary">{t.record}</button>{abort}</p>
            </form>
        </section>
    }
    .into_any())
}

/// Returns a result as it was typed.
fn former(stage: &StageView, one: &PerformanceView) -> PerformanceForm {
    PerformanceForm {
        code: one.registration_id.to_string(),
        value: shown_value(stage, one.value),
        status: one.status.to_string(),
        note: one.note.clone(),
        supersedes: one.id.to_string(),
    }
}

fn shown_value(stage: &StageView, value: Option<i64>) -> String {
    value
        .map(|value| format_value(stage.metric, stage.decimals, value))
        .unwrap_or_default()
}

/// Lists what was recorded in a stage, the newest first.
pub(super) async fn recorded_section(
    request: &PageRequest,
    competition: &CompetitionView,
    stage: &StageView,
) -> Result<AnyView, PageError> {
    let actor = request.require()?;
    let t = &text().results;
    let paging = Paging::new(request.query_as("page"), Some(ROWS), ROWS);
    let search = request.query("search");
    let results = &request.services.results;
    let list = results.performances(actor, stage.id, search.as_deref(), paging);
    let list = list.await?;
    request.within(&list)?;
    let (page, pages) = (list.page, list.pages());
    let content = match list.items.is_empty() {
        true => view! { <p class="muted">{t.recorded_none}</p> }.into_any(),
        false => table(competition, stage, list),
    };
    let path = paths::organize(competition.id, "results");
    let mut query = vec![("stage", stage.id.to_string())];
    query.extend(search.clone().map(|text| ("search", text)));
    Ok(view! {
        <section class="section" aria-labelledby="recorded-results" data-testid="recorded-results">
            <h2 id="recorded-results">{t.recorded_title}</h2>
            <search>
                <form class="filters" method="get" action=path.clone() data-testid="find-results">
                    <input type="hidden" name="stage" value=stage.id.to_string()/>
                    <SearchField value=search placeholder=t.participant_hint/>
                    <button type="submit" class="button">{t.find}</button>
                </form>
            </search>
            {content}
            <Pagination page=page pages=pages path=path query=query/>
        </section>
    }
    .into_any())
}

fn table(competition: &CompetitionView, stage: &StageView, list: Page<PerformanceView>) -> AnyView {
    let t = &text().results;
    let page = paths::organize(competition.id, "results");
    let rows = list.items.into_iter().map(|one| {
        let name = text().account.account_name(&one.user_name).to_owned();
        let value = match one.status {
            PerformanceStatus::Ok => shown_value(stage, one.value),
            status => t.status_name(status).to_owned(),
        };
        let note = match (one.superseded, one.supersedes) {
            (true, _) => Some(t.corrected),
            (false, Some(_)) => Some(t.is_correction),
            (false, None) => None,
        };
        let act = (!one.superseded).then(|| {
            let stage = stage.id.to_string();
            let query = [("stage", stage.as_str()), ("correct", &one.id.to_string())];
            let href = paths::with_query(&page, &query);
            view! { <a class="button quiet" href=href aria-label=t.correct_of(&name)>{t.correct}</a> }
        });
        let zone = competition.time_zone.clone();
        view! {
            <tr data-superseded=one.superseded.then_some("")>
                <td data-label=text().start_numbers.column>{one.start_number.map(|number| number.to_string())}</td>
                <th scope="row"><bdi>{name}</bdi></th>
                <td data-label=t.result>{value}</td>
                <td data-label=t.note class="cell-text">{note}" "<bdi>{one.note}</bdi></td>
                <td data-label=t.recorded_at><When time=one.at zone=zone/>" "<bdi>{one.by}</bdi></td>
                <td>{act}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <TableBox label=t.recorded_title>
            <table class="table">
                <caption class="sr-only">{t.recorded_title}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text().start_numbers.column}</th>
                        <th scope="col">{text().check_in.name}</th>
                        <th scope="col">{t.result}</th>
                        <th scope="col">{t.note}</th>
                        <th scope="col">{t.recorded_at}</th>
                        <th scope="col"><span class="sr-only">{t.correct}</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableBox>
    }
    .into_any()
}
