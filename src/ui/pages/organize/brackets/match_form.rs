//! The form for the result of a match.

use std::sync::Arc;

use leptos::prelude::*;

use super::super::super::brackets::match_list::side_words;
use crate::{
    model::{
        BracketDetailView, CompetitionView, IdempotencyKey, MatchOutcome, MatchState, MatchView,
        forms::MatchResultForm,
    },
    ui::{
        actions::{BRACKET_FIELD, MATCH_FIELD, MATCH_FORM},
        components::{Checkbox, ErrorSummary, Field},
        flash::FormInput,
        page_request::PageRequest,
        paths,
        text::{number, text},
    },
};

/// Shows the form for the result of a match, or for another one instead of it.
pub(super) fn match_section(
    request: &PageRequest,
    competition: &CompetitionView,
    detail: &BracketDetailView,
    game: &MatchView,
) -> AnyView {
    let t = &text().brackets;
    let mut form_input = request.form_input(MATCH_FORM);
    let is_played = game.state == MatchState::Played;
    if form_input.values.is_empty() && is_played {
        let form = FormInput::of(MATCH_FORM, &former(game));
        form_input = Arc::new(form.with_errors(form_input.errors.clone()));
    }
    let shown = number(game.number.into());
    let title = match is_played {
        true => t.correct_of(&shown),
        false => t.record_of(&shown),
    };
    // Only after it was refused, so that nobody confirms it without need.
    let later = request.query("later").is_some();
    let confirm =
        || later.then(|| view! { <Checkbox name="confirm" label=t.confirm checked=false/> });
    let bracket = detail.bracket.id;
    let ids = || {
        view! {
            <input type="hidden" name="competitionId" value=competition.id.to_string()/>
            <input type="hidden" name=BRACKET_FIELD value=bracket.to_string()/>
            <input type="hidden" name=MATCH_FIELD value=game.id.to_string()/>
        }
    };
    let undo = is_played.then(|| {
        let confirm = later.then(|| view! { <input type="hidden" name="confirm" value="on"/> });
        view! {
            <form method="post" action="/act/undo-match" data-testid="undo-match">
                {ids()}
                {confirm}
                <p class="buttons"><button type="submit" class="button quiet">{t.undo}</button></p>
            </form>
        }
    });
    let input = || Arc::clone(&form_input);
    view! {
        <section class="section narrow" aria-labelledby="match" data-testid="match">
            <h2 id="match">{title}</h2>
            <p><bdi>{side_words(detail, &game.first)}</bdi>" – "<bdi>{side_words(detail, &game.second)}</bdi></p>
            <form class="form" method="post" action="/act/record-match" data-testid="match-form">
                {ids()}
                <input type="hidden" name="idempotencyKey" value=IdempotencyKey::mint().to_string()/>
                <ErrorSummary form_input=input()/>
                {outcome(detail, game, &form_input)}
                <Field form_input=input() name="firstScore" kind="number" label=t.first_score optional=true min="0"/>
                <Field form_input=input() name="secondScore" kind="number" label=t.second_score optional=true min="0"/>
                {confirm()}
                <p class="buttons">
                    <button type="submit" class="button primary">{t.record}</button>
                    <a class="button quiet" href=paths::organize_bracket(competition.id, bracket)>{text().organize.abort}</a>
                </p>
            </form>
            {undo}
        </section>
    }
    .into_any()
}

/// Returns a result as it was typed.
fn former(game: &MatchView) -> MatchResultForm {
    let score = |score: Option<u32>| score.map(|it| it.to_string()).unwrap_or_default();
    MatchResultForm {
        outcome: game.outcome.map(|it| it.to_string()).unwrap_or_default(),
        first_score: score(game.first.score),
        second_score: score(game.second.score),
        confirm: String::new(),
    }
}

/// Asks who has won.
fn outcome(detail: &BracketDetailView, game: &MatchView, form_input: &FormInput) -> AnyView {
    let t = &text().brackets;
    let value = form_input.value("outcome");
    let outcomes = MatchOutcome::ALL.iter().copied();
    let is_elimination = detail.bracket.format.is_elimination();
    let outcomes = outcomes.filter(|it| !(is_elimination && *it == MatchOutcome::Draw));
    let choices = outcomes.map(|outcome| {
        let words = match outcome {
            MatchOutcome::First => t.wins(&side_words(detail, &game.first)),
            MatchOutcome::Second => t.wins(&side_words(detail, &game.second)),
            MatchOutcome::Draw => t.draw.to_owned(),
        };
        let checked = value == outcome.as_str();
        view! {
            <label class="question-choice">
                <input type="radio" name="outcome" value=outcome.as_str() required=true checked=checked/>
                <bdi>{words}</bdi>
            </label>
        }
    });
    let choices = choices.collect_view();
    let error = form_input.error("outcome");
    let described = error.is_some().then_some("outcome-error");
    view! {
        <fieldset class="field question-choices" id="outcome" aria-describedby=described>
            <legend>{t.outcome}</legend>
            {choices}
            {error.map(|error| view! { <p class="field-error" id="outcome-error">{error}</p> })}
        </fieldset>
    }
    .into_any()
}
