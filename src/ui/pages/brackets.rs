//! The public page of the brackets of a competition.

pub(super) mod drawing;
pub(super) mod match_list;
pub(super) mod standings;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Meta;

use self::{drawing::drawing, match_list::match_list, standings::standings};
use crate::{
    model::{BracketDetailView, BracketId, BracketView, CompetitionView, MatchView},
    ui::{
        components::{EmptyState, Glyph, PageHeader},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths,
        text::{number, text},
    },
};

/// The most matches of which all are listed at once. Of larger brackets, one round is listed at a time.
const LISTED: usize = 300;

/// The page `/competitions/{id}/brackets`: who meets whom, and who has won.
#[component]
pub fn PublicBrackets() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let actor = request.actor();
    let catalog = &request.services.catalog;
    let one = catalog.competition(request.id()?, actor).await?;
    request.declare_public([&*one]);
    let brackets = &request.services.brackets;
    let all = brackets.list(&one, None).await?;
    let chosen: Option<BracketId> = match request.query("bracket") {
        Some(id) => Some(id.parse().map_err(|_| PageError::NotFound)?),
        None => all.first().map(|bracket| bracket.id),
    };
    let detail = match chosen {
        Some(id) => Some(brackets.detail(&one, id, None).await?),
        None => None,
    };
    let t = &text().brackets;
    let round = request.query("round");
    let content = match &detail {
        Some(detail) => shown(&one, &all, detail, round.as_deref()),
        None => view! { <EmptyState glyph=Glyph::Clock title=t.title words=t.nothing/> }.into_any(),
    };
    let body = view! {
        <p class="crumb"><a href=paths::competition(one.id)><bdi>{one.title.clone()}</bdi></a></p>
        <PageHeader title=t.title/>
        // It names people.
        <Meta name="robots" content="noindex"/>
        <div id="live-bracket">{content}</div>
        // A decided bracket changes as well, when a result is corrected.
        <script src=paths::REFRESH_SCRIPT defer=true data-refresh="#live-bracket"
            data-events=paths::seat_events(one.id) data-revision=one.results_revision></script>
    };
    Ok(
        PageContent::new(format!("{} · {}", t.title, one.title), body)
            .canonical(paths::brackets(one.id)),
    )
}

fn shown(
    one: &CompetitionView,
    all: &[BracketView],
    detail: &BracketDetailView,
    round: Option<&str>,
) -> AnyView {
    let t = &text().brackets;
    let bracket = &detail.bracket;
    let links = (all.len() > 1).then(|| {
        let links = all.iter().map(|other| {
            let current = (other.id == bracket.id).then_some("page");
            let href = paths::bracket(one.id, other.id);
            view! { <li><a class="chip" href=href aria-current=current><bdi>{other.name.clone()}</bdi></a></li> }
        });
        let links = links.collect_view();
        view! { <nav class="no-print" aria-label=t.title><ul class="chips">{links}</ul></nav> }
    });
    let champion = detail.champion.and_then(|seed| detail.entrant(seed));
    let champion = champion.map(|entrant| {
        let name = text().account.account_name(&entrant.user_name);
        view! { <p class="bracket-winner" data-testid="champion"><strong>{t.winner(name)}</strong></p> }
    });
    let (rounds, listed) = listed(one, detail, round);
    view! {
        {links}
        <section class="section" aria-labelledby="bracket" data-testid="bracket" data-revision=bracket.revision.to_string()>
            <h2 id="bracket"><bdi>{bracket.name.clone()}</bdi></h2>
            <p class="muted">{t.format_name(bracket.format)}</p>
            {champion}
            {drawing(detail)}
            {standings(detail)}
            {rounds}
            {match_list(detail, &listed, None)}
        </section>
    }
    .into_any()
}

/// Returns the matches that are listed, and links to the other rounds if these are not all.
fn listed(
    one: &CompetitionView,
    detail: &BracketDetailView,
    round: Option<&str>,
) -> (Option<AnyView>, Vec<MatchView>) {
    if detail.matches.len() <= LISTED {
        return (None, detail.matches.clone());
    }
    let key = |game: &MatchView| format!("{}-{}", game.section.as_str(), game.round);
    let mut keys: Vec<String> = Vec::new();
    let mut names = Vec::new();
    for game in &detail.matches {
        if keys.last() != Some(&key(game)) {
            keys.push(key(game));
            names.push(match_list::round_name(detail, game));
        }
    }
    let waits = detail.matches.iter().find(|game| game.outcome.is_none());
    let usual = waits.or(detail.matches.last()).map(key).unwrap_or_default();
    let chosen = round.filter(|it| keys.iter().any(|key| key == it));
    let chosen = chosen.map_or(usual, str::to_owned);
    let bracket = detail.bracket.id.to_string();
    let links = keys.iter().zip(names).map(|(key, name)| {
        let current = (*key == chosen).then_some("page");
        let query = [("bracket", bracket.as_str()), ("round", key.as_str())];
        let href = paths::with_query(&paths::brackets(one.id), &query);
        view! { <li><a class="chip" href=href aria-current=current>{name}</a></li> }
    });
    let links = links.collect_view();
    let label = text().brackets.matches;
    let count = number(detail.matches.len() as u64);
    let links = view! {
        <p class="muted">{label}": "{count}</p>
        <nav class="no-print" aria-label=label><ul class="chips">{links}</ul></nav>
    };
    let of_round = detail.matches.iter().filter(|game| key(game) == chosen);
    (Some(links.into_any()), of_round.cloned().collect())
}
