//! An elimination as a drawing: a box for each match, and lines to the match in which the winner plays next.
//!
//! Sections stand below each other, and rounds beside each other, from the left to the right; in languages that are written
//! from the right to the left, from there. Of a large bracket, the last rounds are drawn.

use std::collections::HashMap;

use leptos::prelude::*;

use super::match_list::{result_words, side_words};
use crate::{
    model::{BracketDetailView, MatchOutcome, MatchSection, MatchSideView, MatchState, MatchView},
    ui::text::{language, number, text},
};

/// The size of a box, and the distances between boxes, in pixels.
const WIDTH: u32 = 190;
const HEIGHT: u32 = 46;
const GAP_X: u32 = 34;
const GAP_Y: u32 = 12;
/// The height of the line above a section.
const HEAD: u32 = 28;
/// The most matches of a round that are drawn.
const ROUND_MAX: usize = 64;
/// The most characters of a name in a box. The whole name is in its title.
const NAME_MAX: usize = 20;

/// Where a match is drawn: the corner of its box, from the beginning of the drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct BoxPlace {
    x: u32,
    y: u32,
}

/// All places of a drawing.
#[derive(Debug, Default)]
struct DrawingPlan {
    /// The places by the numbers of the matches.
    places: HashMap<u32, BoxPlace>,
    /// The names of sections with their heights from above.
    heads: Vec<(MatchSection, u32)>,
    width: u32,
    height: u32,
    /// Whether the first rounds have no room.
    is_part: bool,
}

impl DrawingPlan {
    fn of(matches: &[MatchView]) -> Self {
        let mut plan = Self::default();
        let sections = [
            MatchSection::Winners,
            MatchSection::Losers,
            MatchSection::Final,
            MatchSection::ThirdPlace,
        ];
        for section in sections {
            let of_section: Vec<_> = matches.iter().filter(|it| it.section == section).collect();
            plan.add(section, &of_section);
        }
        plan
    }

    fn add(&mut self, section: MatchSection, matches: &[&MatchView]) {
        let rounds: Vec<_> = matches
            .chunk_by(|one, other| one.round == other.round)
            .collect();
        let drawn: Vec<_> = rounds.iter().filter(|it| it.len() <= ROUND_MAX).collect();
        self.is_part |= drawn.len() < rounds.len();
        let Some(most) = drawn.iter().map(|round| round.len()).max() else {
            return;
        };
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        self.heads.push((section, self.height + HEAD / 2));
        let top = self.height + HEAD;
        let all = most * (HEIGHT + GAP_Y);
        for (round, column) in drawn.iter().zip(0..) {
            let room = all / u32::try_from(round.len()).unwrap_or(1).max(1);
            let x = column * (WIDTH + GAP_X);
            for (game, place) in round.iter().zip(0..) {
                let y = top + room * place + (room - HEIGHT) / 2;
                self.places.insert(game.number, BoxPlace { x, y });
            }
            self.width = self.width.max(x + WIDTH);
        }
        self.height = top + all;
    }
}

/// Draws the bracket, if it is an elimination.
pub(in crate::ui::pages) fn drawing(detail: &BracketDetailView) -> Option<AnyView> {
    if !detail.bracket.format.is_elimination() {
        return None;
    }
    let t = &text().brackets;
    let plan = DrawingPlan::of(&detail.matches);
    let is_rtl = language().direction() == "rtl";
    let boxes = detail.matches.iter().filter(|game| is_drawn(game));
    let boxes = boxes.filter_map(|game| {
        let place = plan.places.get(&game.number)?;
        Some(match_box(
            detail,
            game,
            mirrored(*place, plan.width, is_rtl),
        ))
    });
    let lines = detail.matches.iter().filter(|game| is_drawn(game));
    let lines = lines.flat_map(|game| {
        let sides = [&game.first, &game.second];
        sides.map(|side| line(&plan, detail, game, side, is_rtl))
    });
    let heads = plan.heads.iter().filter(|_| plan.heads.len() > 1);
    let heads = heads.map(|(section, y)| {
        let x = if is_rtl { plan.width } else { 0 };
        view! { <text class="bracket-head" x=x.to_string() y=y.to_string()>{section_name(*section)}</text> }
    });
    let part = plan
        .is_part
        .then(|| view! { <p class="muted">{t.drawing_part}</p> });
    let (width, height) = (plan.width, plan.height);
    Some(
        view! {
            <div class="bracket-drawing" tabindex="0" role="group" aria-label=t.drawing(&detail.bracket.name)>
                <svg viewBox=format!("0 0 {width} {height}") width=width.to_string() height=height.to_string()
                    role="img" aria-labelledby="drawing-title drawing-text">
                    <title id="drawing-title">{t.drawing(&detail.bracket.name)}</title>
                    <desc id="drawing-text">{t.drawing_desc}</desc>
                    {heads.collect_view()}
                    {lines.flatten().collect_view()}
                    {boxes.collect_view()}
                </svg>
            </div>
            {part}
        }
        .into_any(),
    )
}

/// Returns whether a match has a box. Whoever has a bye is drawn in the next round only.
fn is_drawn(game: &MatchView) -> bool {
    !matches!(game.state, MatchState::Bye | MatchState::NotNeeded)
}

fn mirrored(place: BoxPlace, width: u32, is_rtl: bool) -> BoxPlace {
    match is_rtl {
        true => BoxPlace {
            x: width - place.x - WIDTH,
            ..place
        },
        false => place,
    }
}

fn section_name(section: MatchSection) -> &'static str {
    let t = &text().brackets;
    match section {
        MatchSection::Winners => t.section_winners,
        MatchSection::Losers => t.section_losers,
        MatchSection::Final => t.section_final,
        MatchSection::ThirdPlace => t.section_third,
        MatchSection::Rounds => t.matches,
    }
}

/// Draws the line from the match of which a side comes as the winner.
fn line(
    plan: &DrawingPlan,
    detail: &BracketDetailView,
    game: &MatchView,
    side: &MatchSideView,
    is_rtl: bool,
) -> Option<AnyView> {
    let from = side.from_match.filter(|_| !side.as_loser)?;
    let index = usize::try_from(from.checked_sub(1)?).ok()?;
    let before = detail.matches.get(index)?;
    let is_beside = before.section == game.section && is_drawn(before);
    let (from, to) = (plan.places.get(&from)?, plan.places.get(&game.number)?);
    let (from, to) = (
        mirrored(*from, plan.width, is_rtl),
        mirrored(*to, plan.width, is_rtl),
    );
    let (start, end) = match is_rtl {
        true => (from.x, to.x + WIDTH),
        false => (from.x + WIDTH, to.x),
    };
    let middle = u32::midpoint(start, end);
    let (y, to_y) = (from.y + HEIGHT / 2, to.y + HEIGHT / 2);
    let path = format!("M{start},{y} H{middle} V{to_y} H{end}");
    is_beside.then(|| view! { <path class="bracket-line" d=path></path> }.into_any())
}

fn match_box(detail: &BracketDetailView, game: &MatchView, place: BoxPlace) -> AnyView {
    let t = &text().brackets;
    let title = format!(
        "{}: {} – {}. {}",
        t.number(&number(game.number.into())),
        side_words(detail, &game.first),
        side_words(detail, &game.second),
        result_words(detail, game)
    );
    let is_rtl = language().direction() == "rtl";
    let side = |side: &MatchSideView, outcome: MatchOutcome, y: u32| {
        let class = match (game.outcome == Some(outcome), side.seed) {
            (true, _) => "bracket-name won",
            (false, Some(_)) => "bracket-name",
            (false, None) => "bracket-name open",
        };
        // The edges at which a line of the language begins and ends.
        let (begin, end) = match is_rtl {
            true => (place.x + WIDTH - 8, place.x + 8),
            false => (place.x + 8, place.x + WIDTH - 8),
        };
        let name = shortened(&side_words(detail, side));
        let score = side.score.map(|score| {
            view! { <text class=class x=end.to_string() y=y.to_string() text-anchor="end">{number(score.into())}</text> }
        });
        view! {
            <text class=class x=begin.to_string() y=y.to_string()>{name}</text>
            {score}
        }
    };
    let (x, y) = (place.x, place.y);
    let middle = y + HEIGHT / 2;
    view! {
        <g data-match=game.number.to_string()>
            <title>{title}</title>
            <rect class="bracket-box" x=x.to_string() y=y.to_string() width=WIDTH.to_string() height=HEIGHT.to_string() rx="6"></rect>
            <path class="bracket-line" d=format!("M{x},{middle} H{}", x + WIDTH)></path>
            {side(&game.first, MatchOutcome::First, y + 16)}
            {side(&game.second, MatchOutcome::Second, y + 39)}
        </g>
    }
    .into_any()
}

/// Returns a name that fits into a box.
fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_MAX {
        return name.to_owned();
    }
    let cut: String = name.chars().take(NAME_MAX - 1).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MatchId;

    /// Returns the matches of the winners' bracket of a size.
    fn winners(size: u32) -> Vec<MatchView> {
        let side = MatchSideView {
            seed: None,
            from_match: None,
            as_loser: false,
            score: None,
        };
        let mut matches = Vec::new();
        let (mut count, mut round) = (size / 2, 1);
        while count > 0 {
            for position in 0..count {
                matches.push(MatchView {
                    id: MatchId::new(),
                    number: u32::try_from(matches.len()).unwrap() + 1,
                    section: MatchSection::Winners,
                    round,
                    position,
                    state: MatchState::Pending,
                    first: side,
                    second: side,
                    outcome: None,
                });
            }
            (count, round) = (count / 2, round + 1);
        }
        matches
    }

    #[test]
    fn a_match_stands_in_the_middle_of_those_before_it() {
        let plan = DrawingPlan::of(&winners(8));
        let place = |number: u32| plan.places[&number];
        assert_eq!(plan.places.len(), 7);
        assert_eq!(place(5).y, u32::midpoint(place(1).y, place(2).y));
        assert_eq!(place(7).y, u32::midpoint(place(5).y, place(6).y));
        assert_eq!(place(7).x + WIDTH, plan.width);
        assert!(place(4).y + HEIGHT <= plan.height);
    }

    #[test]
    fn the_last_rounds_of_a_large_bracket_are_drawn() {
        let plan = DrawingPlan::of(&winners(1_024));
        assert!(plan.is_part);
        assert_eq!(plan.places.len(), 127);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(shortened("Ada Lovelace"), "Ada Lovelace");
        let long = "寿限無寿限無五劫の擦り切れ海砂利水魚の";
        assert!(shortened(&long.repeat(2)).chars().count() <= NAME_MAX);
    }
}
