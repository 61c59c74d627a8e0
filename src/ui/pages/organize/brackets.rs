//! The page on which brackets are made, and on which the results of their matches are recorded.

mod add_form;
mod match_form;

use std::sync::Arc;

use leptos::prelude::*;

use self::{add_form::add_section, match_form::match_section};
use super::super::brackets::{
    match_list::{MatchAction, match_list},
    standings::standings,
};
use crate::{
    model::{
        BracketDetailView, BracketEntrantView, BracketId, BracketState, BracketView,
        CompetitionView, MatchId, MatchState, MatchView, Permission,
    },
    ui::{
        actions::BRACKET_FIELD,
        components::{EmptyState, Glyph, PageHeader, TableBox},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The page `/organize/{id}/brackets`: brackets, and the matches of one of them.
#[component]
pub fn BracketsPage() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, _) = request.permitted(Permission::RecordResults).await?;
    let brackets = &request.services.brackets;
    let all = brackets.all(actor, competition.id).await?;
    let chosen: Option<BracketId> = request.query_as("bracket");
    let chosen = all.iter().find(|bracket| Some(bracket.id) == chosen);
    let content = if request.query("add").is_some() || all.is_empty() {
        add_section(&request, &competition).await?
    } else if let Some(bracket) = chosen.or(all.first()) {
        let id = bracket.id;
        let detail = brackets.detail(&competition, id, Some(actor)).await?;
        let game: Option<MatchId> = request.query_as("match");
        let game = detail.matches.iter().find(|one| Some(one.id) == game);
        match game.filter(|one| one.first.seed.is_some() && one.second.seed.is_some()) {
            Some(game) => match_section(&request, &competition, &detail, game),
            None => bracket_section(&competition, &detail),
        }
    } else {
        ().into_any()
    };
    let t = &text().brackets;
    let body = view! {
        <p class="crumb"><a href=paths::organize(competition.id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.title lead=t.lead/>
        {list(&competition, &all)}
        {content}
    };
    Ok(PageContent::new(
        format!("{} · {}", t.title, competition.title),
        body,
    ))
}

/// Shows the brackets of the competition as a list.
fn list(competition: &CompetitionView, brackets: &[BracketView]) -> AnyView {
    let t = &text().brackets;
    if brackets.is_empty() {
        return view! { <EmptyState glyph=Glyph::Plus title=t.title words=t.none/> }.into_any();
    }
    let items = brackets.iter().map(|bracket| {
        let facts = [
            t.format_name(bracket.format).to_owned(),
            number(bracket.entrants.into()),
            t.state_name(bracket.state).to_owned(),
        ];
        view! {
            <li>
                <div>
                    <h2><a href=paths::organize_bracket(competition.id, bracket.id)><bdi>{bracket.name.clone()}</bdi></a></h2>
                    <p class="muted small">{facts.join(" · ")}</p>
                </div>
            </li>
        }
    });
    let page = paths::organize(competition.id, "brackets");
    let add = paths::with_query(&page, &[("add", "1")]);
    view! {
        <ol class="division-list" data-testid="brackets">{items.collect_view()}</ol>
        <p class="buttons"><a class="button" href=add>{t.add}</a></p>
    }
    .into_any()
}

/// Shows a bracket with what can be done with it.
fn bracket_section(competition: &CompetitionView, detail: &BracketDetailView) -> AnyView {
    let t = &text().brackets;
    let bracket = &detail.bracket;
    let action = |game: &MatchView| match_action(competition, bracket.id, game);
    view! {
        <section class="section" aria-labelledby="bracket" data-testid="bracket">
            <h2 id="bracket"><bdi>{bracket.name.clone()}</bdi></h2>
            {buttons(competition, bracket)}
            {standings(detail)}
            {match_list(detail, &detail.matches, Some(&action))}
        </section>
        <section class="section" aria-labelledby="entrants">
            <h2 id="entrants">{t.entrants_title}</h2>
            {entrants(competition, detail)}
        </section>
    }
    .into_any()
}

/// Returns the link to the form for the result of a match.
fn match_action(
    competition: &CompetitionView,
    bracket: BracketId,
    game: &MatchView,
) -> Option<MatchAction> {
    let t = &text().brackets;
    if game.first.seed.is_none() || game.second.seed.is_none() {
        return None;
    }
    let (bracket, id) = (bracket.to_string(), game.id.to_string());
    let page = paths::organize(competition.id, "brackets");
    let href = paths::with_query(&page, &[("bracket", &bracket), ("match", &id)]);
    let shown = number(game.number.into());
    Some(match game.state {
        MatchState::Played => MatchAction {
            href,
            label: t.correct,
            words: t.correct_of(&shown),
        },
        _ => MatchAction {
            href,
            label: t.record,
            words: t.record_of(&shown),
        },
    })
}

fn buttons(competition: &CompetitionView, bracket: &BracketView) -> AnyView {
    let t = &text().brackets;
    let is_public = bracket.state == BracketState::Published;
    let public = is_public.then(|| {
        let href = paths::bracket(competition.id, bracket.id);
        view! { <a class="button" href=href>{t.public_page}</a> }
    });
    let state = match is_public {
        true => {
            view! { <button type="submit" class="button" name="hide" value="on">{t.hide}</button> }
                .into_any()
        }
        false => {
            view! { <button type="submit" class="button primary">{t.publish}</button> }.into_any()
        }
    };
    view! {
        <div class="buttons">
            {public}
            <form method="post" action="/act/publish-bracket">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name=BRACKET_FIELD value=bracket.id.to_string()/>
                {state}
            </form>
            <form method="post" action="/act/remove-bracket">
                <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                <input type="hidden" name=BRACKET_FIELD value=bracket.id.to_string()/>
                <button type="submit" class="button quiet">{t.remove}</button>
            </form>
        </div>
    }
    .into_any()
}

/// Lists the entrants, each with the button that takes them out or in again.
fn entrants(competition: &CompetitionView, detail: &BracketDetailView) -> AnyView {
    let t = &text().brackets;
    let bracket = detail.bracket.id;
    let row = |entrant: &BracketEntrantView| {
        let name = text().account.account_name(&entrant.user_name).to_owned();
        let is_out = entrant.withdrawn_at.is_some();
        let (label, words) = match is_out {
            true => (t.take_in, t.take_in_of(&name)),
            false => (t.take_out, t.take_out_of(&name)),
        };
        let withdrawn =
            (!is_out).then(|| view! { <input type="hidden" name="withdrawn" value="on"/> });
        view! {
            <tr>
                <td data-label=t.seed>{number(entrant.seed.into())}</td>
                <th scope="row"><bdi>{name}</bdi></th>
                <td data-label=t.withdrawn>{is_out.then_some(t.withdrawn)}</td>
                <td>
                    <form method="post" action="/act/change-entrant">
                        <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                        <input type="hidden" name=BRACKET_FIELD value=bracket.to_string()/>
                        <input type="hidden" name="seed" value=entrant.seed.to_string()/>
                        {withdrawn}
                        <button type="submit" class="button quiet" aria-label=words>{label}</button>
                    </form>
                </td>
            </tr>
        }
    };
    let rows = detail.entrants.iter().map(row).collect_view();
    view! {
        <TableBox label=t.entrants_title>
            <table class="table" data-testid="entrants">
                <caption class="sr-only">{t.entrants_title}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.seed}</th>
                        <th scope="col">{text().check_in.name}</th>
                        <th scope="col">{t.withdrawn}</th>
                        <th scope="col"><span class="sr-only">{t.take_out}</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableBox>
    }
    .into_any()
}
