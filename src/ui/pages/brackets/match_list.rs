//! The matches of a bracket as tables, one for each round.

use leptos::prelude::*;

use crate::{
    model::{
        BracketDetailView, BracketFormat, MatchOutcome, MatchSection, MatchSideView, MatchState,
        MatchView,
    },
    ui::{
        components::TableBox,
        text::{number, text},
    },
};

/// What can be done with a match.
pub(in crate::ui::pages) struct MatchAction {
    pub href: String,
    pub label: &'static str,
    /// What the link does, on its own.
    pub words: String,
}

/// Returns what can be done with a match, if something can.
type ActionOf<'a> = &'a dyn Fn(&MatchView) -> Option<MatchAction>;

/// Lists matches round by round, with what can be done with each.
pub(in crate::ui::pages) fn match_list(
    detail: &BracketDetailView,
    matches: &[MatchView],
    action: Option<ActionOf<'_>>,
) -> AnyView {
    let t = &text().brackets;
    let rounds =
        matches.chunk_by(|one, other| (one.section, one.round) == (other.section, other.round));
    let rounds = rounds.filter_map(|round| {
        // Nothing happens in the first round for those with a bye.
        let games: Vec<_> = round.iter().filter(|it| is_listed(detail, it)).collect();
        let name = round_name(detail, games.first()?);
        let rows = games.iter().map(|game| row(detail, game, action));
        let rows = rows.collect_view();
        let act =
            action.map(|_| view! { <th scope="col"><span class="sr-only">{t.record}</span></th> });
        Some(view! {
            <table class="table bracket-round">
                <caption>{name}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t.number_column}</th>
                        <th scope="col">{t.first}</th>
                        <th scope="col">{t.second}</th>
                        <th scope="col">{t.result}</th>
                        {act}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        })
    });
    let rounds = rounds.collect_view();
    view! {
        <div data-testid="matches">
            <h3>{t.matches}</h3>
            <TableBox label=t.matches>{rounds}</TableBox>
        </div>
    }
    .into_any()
}

/// Returns whether a match is worth a line: byes are only where they have points.
fn is_listed(detail: &BracketDetailView, game: &MatchView) -> bool {
    match game.state {
        MatchState::Bye => !detail.bracket.format.is_elimination(),
        MatchState::NotNeeded => false,
        _ => true,
    }
}

fn row(detail: &BracketDetailView, game: &MatchView, action: Option<ActionOf<'_>>) -> AnyView {
    let t = &text().brackets;
    let side = |side: &MatchSideView, outcome: MatchOutcome| {
        let words = side_words(detail, side);
        match game.outcome == Some(outcome) {
            true => view! { <strong><bdi>{words}</bdi></strong> }.into_any(),
            false => view! { <bdi>{words}</bdi> }.into_any(),
        }
    };
    let second = match game.state {
        MatchState::Bye => t.state_bye.into_any(),
        _ => side(&game.second, MatchOutcome::Second),
    };
    let act = action.map(|action| {
        let link = action(game).map(|it| {
            view! { <a class="button quiet" href=it.href aria-label=it.words>{it.label}</a> }
        });
        view! { <td>{link}</td> }
    });
    view! {
        <tr data-match=game.number.to_string()>
            <td data-label=t.number_column>{number(game.number.into())}</td>
            <td data-label=t.first class="cell-text">{side(&game.first, MatchOutcome::First)}</td>
            <td data-label=t.second class="cell-text">{second}</td>
            <td data-label=t.result>{result_words(detail, game)}</td>
            {act}
        </tr>
    }
    .into_any()
}

/// Returns the result of a match in words.
pub(in crate::ui::pages) fn result_words(detail: &BracketDetailView, game: &MatchView) -> String {
    let t = &text().brackets;
    let state = t.match_state_name(game.state);
    let Some(outcome) = game.outcome.filter(|_| game.state != MatchState::Bye) else {
        return state.to_owned();
    };
    let words = match outcome {
        MatchOutcome::First => t.wins(&side_words(detail, &game.first)),
        MatchOutcome::Second => t.wins(&side_words(detail, &game.second)),
        MatchOutcome::Draw => t.draw.to_owned(),
    };
    match (game.first.score, game.second.score, game.state) {
        (Some(first), Some(second), _) => {
            format!(
                "{} : {} · {words}",
                number(first.into()),
                number(second.into())
            )
        }
        (_, _, MatchState::Walkover) => format!("{words} · {state}"),
        _ => words,
    }
}

/// Returns the name of an entrant, or where the entrant will come from.
pub(in crate::ui::pages) fn side_words(detail: &BracketDetailView, side: &MatchSideView) -> String {
    let t = &text().brackets;
    let entrant = side.seed.and_then(|seed| detail.entrant(seed));
    match (entrant, side.from_match) {
        (Some(entrant), _) => text().account.account_name(&entrant.user_name).to_owned(),
        (None, Some(from)) => {
            let from = number(from.into());
            match side.as_loser {
                true => t.loser_of(&from),
                false => t.winner_of(&from),
            }
        }
        (None, None) => "–".to_owned(),
    }
}

/// Returns the name of the round in which a match is.
pub(in crate::ui::pages) fn round_name(detail: &BracketDetailView, game: &MatchView) -> String {
    let t = &text().brackets;
    let round = t.round(&number(game.round.into()));
    let section = match game.section {
        MatchSection::Rounds => return round,
        MatchSection::ThirdPlace => return t.section_third.to_owned(),
        MatchSection::Final if game.round > 1 => {
            return format!("{} · {}", t.section_final, t.again);
        }
        MatchSection::Final => return t.section_final.to_owned(),
        MatchSection::Losers => t.section_losers,
        MatchSection::Winners if detail.bracket.format == BracketFormat::SingleElimination => {
            let same =
                |other: &&MatchView| other.section == game.section && other.round == game.round;
            return match detail.matches.iter().filter(same).count() {
                1 => t.final_round.to_owned(),
                2 => t.semi_finals.to_owned(),
                4 => t.quarter_finals.to_owned(),
                _ => round,
            };
        }
        MatchSection::Winners => t.section_winners,
    };
    format!("{section} · {round}")
}
