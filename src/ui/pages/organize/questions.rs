//! The page on which an organizer decides what a competition asks.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    model::{
        CompetitionId, Permission, QuestionId, QuestionKind, QuestionView,
        forms::{QUESTION_HELP, QUESTIONS_MAX, QuestionForm},
    },
    ui::{
        actions::{CommonQuestion, QUESTION_FIELD, QUESTION_FORM},
        components::{
            Checkbox, EmptyState, ErrorSummary, Field, Glyph, PageHeader, Select, TextArea,
        },
        flash::FormInput,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::text,
    },
};

/// The length of the longest list of options, in characters.
const OPTIONS_LENGTH: usize = 5_100;

/// The page `/organize/{id}/questions`: lists, adds, changes, orders and archives questions.
#[component]
pub fn QuestionsPage() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::Edit).await?;
    let id = competition.id;
    let competitions = &request.services.competitions;
    let all = competitions.all_questions(actor, id).await?;
    let (archived, asked): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.archived);
    let t = &text().questions;
    let edited: Option<QuestionId> = request.query_as("edit");
    let edited = asked.iter().find(|question| Some(question.id) == edited);
    let typed = request.form_input(QUESTION_FORM);
    let listed = match asked.is_empty() {
        true => {
            view! { <EmptyState glyph=Glyph::Plus title=t.none_title words=t.none/> }.into_any()
        }
        false => {
            let last = asked.len();
            let items = asked.iter().zip(1..);
            let items = items.map(|(question, place)| item(id, question, place, last));
            view! { <ol class="division-list question-list" data-testid="questions">{items.collect_view()}</ol> }
                .into_any()
        }
    };
    let may_add = asked.len() < QUESTIONS_MAX;
    let form = match edited {
        Some(question) => Some(change_form(id, question, &typed)),
        None => may_add.then(|| view! { {common(id)}{add_form(id, &typed)} }.into_any()),
    };
    let body = view! {
        <p class="crumb"><a href=paths::organize(id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.title lead=t.lead/>
        {listed}
        {form}
        {archive(id, &archived)}
    };
    Ok(PageContent::new(
        format!("{} · {}", t.title, competition.title),
        body,
    ))
}

/// Shows a question at its place, with what can be done with it.
fn item(competition: CompetitionId, question: &QuestionView, place: usize, last: usize) -> AnyView {
    let t = &text().questions;
    let page = paths::organize(competition, "questions");
    let edit = paths::with_query(&page, &[("edit", &question.id.to_string())]);
    let label = question.label.clone();
    let facts = [t.kind_name(question.kind)]
        .into_iter()
        .chain(question.required.then_some(t.required_fact));
    let facts: Vec<_> = facts.map(str::to_owned).collect();
    let options = question.options.join(" · ");
    let move_to = |to: usize, words: &'static str, of: String| {
        let place = ("position", to.to_string());
        press(
            competition,
            question.id,
            "move-question",
            Some(place),
            words,
            of,
        )
    };
    let up = (place > 1).then(|| move_to(place - 1, t.up, t.up_of(&label)));
    let down = (place < last).then(|| move_to(place + 1, t.down, t.down_of(&label)));
    view! {
        <li>
            <div>
                <h2><bdi>{label.clone()}</bdi></h2>
                <p class="muted small">{facts.join(" · ")}</p>
                {(!options.is_empty()).then(|| view! { <p class="muted small"><bdi>{options}</bdi></p> })}
            </div>
            <div class="buttons">
                {up}
                {down}
                <a class="button" href=edit aria-label=t.change_of(&label)>{t.change}</a>
                {press(competition, question.id, "archive-question", None, t.archive, t.archive_of(&label))}
            </div>
        </li>
    }
    .into_any()
}

/// Shows a button that does something with a question.
fn press(
    competition: CompetitionId,
    question: QuestionId,
    function: &'static str,
    value: Option<(&'static str, String)>,
    words: &'static str,
    label: String,
) -> AnyView {
    let value = value.map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <form method="post" action=format!("/act/{function}")>
            <input type="hidden" name="competitionId" value=competition.to_string()/>
            <input type="hidden" name=QUESTION_FIELD value=question.to_string()/>
            {value}
            <button type="submit" class="button quiet" aria-label=label>{words}</button>
        </form>
    }
    .into_any()
}

/// Shows the common questions, each of which one press adds.
fn common(competition: CompetitionId) -> AnyView {
    let t = &text().questions;
    let buttons = CommonQuestion::ALL.iter().map(|question| {
        let label = question.input().label;
        view! { <button type="submit" class="button" name="question" value=question.as_str()>{label}</button> }
    });
    view! {
        <section class="section" aria-labelledby="common-questions">
            <h2 id="common-questions">{t.presets_title}</h2>
            <p class="muted">{t.presets_lead}</p>
            <form method="post" class="buttons" action="/act/add-common-question" data-testid="common-questions">
                <input type="hidden" name="competitionId" value=competition.to_string()/>
                {buttons.collect_view()}
            </form>
        </section>
    }
    .into_any()
}

fn add_form(competition: CompetitionId, typed: &Arc<FormInput>) -> AnyView {
    let t = &text().questions;
    let kinds = QuestionKind::ALL.iter();
    let kinds = kinds
        .map(|kind| (kind.as_str(), t.kind_name(*kind)))
        .collect();
    view! {
        <section class="section narrow" aria-labelledby="new-question">
            <h2 id="new-question">{t.add}</h2>
            <form class="form" method="post" action="/act/add-question" data-testid="question-form" data-unsaved=typed.unsaved()>
                <input type="hidden" name="competitionId" value=competition.to_string()/>
                <ErrorSummary form_input=Arc::clone(typed)/>
                <Select name="kind" label=t.kind value=typed.value("kind") choices=kinds/>
                {fields(typed, true)}
                <p class="buttons"><button type="submit" class="button primary">{t.add}</button></p>
            </form>
        </section>
    }
    .into_any()
}

fn change_form(
    competition: CompetitionId,
    question: &QuestionView,
    typed: &Arc<FormInput>,
) -> AnyView {
    let t = &text().questions;
    let id = question.id.to_string();
    let is_typed = typed.value(QUESTION_FIELD) == id;
    let (form_input, unsaved) = match is_typed {
        true => (Arc::clone(typed), typed.unsaved()),
        false => {
            let form = QuestionForm::of(question);
            (Arc::new(FormInput::of(QUESTION_FORM, &form)), "")
        }
    };
    view! {
        <section class="section narrow" aria-labelledby="change-question">
            <h2 id="change-question"><bdi>{question.label.clone()}</bdi></h2>
            <form class="form" method="post" action="/act/change-question" data-testid="question-form" data-unsaved=unsaved>
                <input type="hidden" name="competitionId" value=competition.to_string()/>
                <input type="hidden" name=QUESTION_FIELD value=id/>
                <ErrorSummary form_input=Arc::clone(&form_input)/>
                <p class="muted">{t.kind_name(question.kind)}</p>
                {fields(&form_input, question.kind.has_options())}
                <p class="buttons">
                    <button type="submit" class="button primary">{t.save}</button>
                    <a class="button quiet" href=paths::organize(competition, "questions") data-leave="">{text().organize.abort}</a>
                </p>
            </form>
        </section>
    }
    .into_any()
}

fn fields(form_input: &Arc<FormInput>, with_options: bool) -> AnyView {
    let t = &text().questions;
    let form_input = || Arc::clone(form_input);
    let options = with_options.then(|| {
        view! {
            <TextArea form_input=form_input() name="options" label=t.options hint=t.options_hint max_length=OPTIONS_LENGTH/>
        }
    });
    view! {
        <Field form_input=form_input() name="label" label=t.label max_length="200"/>
        <TextArea form_input=form_input() name="help" label=t.help hint=t.help_hint max_length=QUESTION_HELP/>
        {options}
        <Checkbox name="required" label=t.required checked=!form_input().value("required").is_empty()/>
    }
    .into_any()
}

/// Shows the questions that are not asked any more.
fn archive(competition: CompetitionId, archived: &[QuestionView]) -> Option<AnyView> {
    let t = &text().questions;
    let items = archived.iter().map(|question| {
        let label = question.label.clone();
        let of = t.restore_of(&label);
        view! {
            <li>
                <bdi>{label}</bdi>
                {press(competition, question.id, "restore-question", None, t.restore, of)}
            </li>
        }
    });
    let items = items.collect_view();
    (!archived.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="archived-questions">
                <h2 id="archived-questions">{t.archived_title}</h2>
                <p class="muted">{t.archived_lead}</p>
                <ul class="division-list" data-testid="archived-questions">{items}</ul>
            </section>
        }
        .into_any()
    })
}
