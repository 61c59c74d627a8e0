//! Views of brackets, from what is stored and what follows from it.

use std::collections::HashMap;

use super::{
    facts::BracketFacts,
    layout::{EntrantSource, PlannedMatch},
    progress::{CurrentMatch, PlayedMatches, Side, champion},
};
use crate::{
    model::{
        BracketDetailView, BracketEntrantView, BracketStandingView, BracketView,
        DELETED_ACCOUNT_NAME, MatchOutcome, MatchSideView, MatchState, MatchView, RegistrationId,
    },
    store::entity::{bracket, bracket_match},
};

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// Returns a number that is counted from 1 for people and in views, from 0 in a list.
fn from_one(index: usize) -> u32 {
    u32::try_from(index).map_or(u32::MAX, |index| index.saturating_add(1))
}

/// Returns the view of a bracket.
pub(super) fn bracket_view(row: &bracket::Model) -> BracketView {
    BracketView {
        id: row.id,
        competition_id: row.competition_id,
        name: row.name.clone(),
        format: row.format,
        division_id: row.division_id,
        seeding: row.seeding,
        state: row.state,
        third_place: row.third_place,
        reset: row.reset,
        rounds: count(row.rounds),
        win_points: count(row.win_points),
        tie_rule: row.tie_rule,
        entrants: count(row.entrants),
        revision: count(row.revision),
    }
}

/// Returns everything about a bracket. `names` has those of the participants.
pub(super) fn detail_view(
    facts: &BracketFacts,
    names: &HashMap<RegistrationId, String>,
) -> BracketDetailView {
    let (plan, progress) = facts.progress();
    let played = facts.played();
    let entrants = facts.entrants.iter().enumerate();
    let entrants = entrants.map(|(index, entrant)| BracketEntrantView {
        seed: from_one(index),
        registration_id: entrant.registration,
        user_name: entrant
            .registration
            .and_then(|id| names.get(&id).cloned())
            .unwrap_or_else(|| DELETED_ACCOUNT_NAME.to_owned()),
        withdrawn_at: entrant.withdrawn_at(),
    });
    let matches = facts.matches.iter().enumerate();
    let matches = matches.filter_map(|(index, stored)| {
        let (planned, current) = (plan.get(index)?, progress.matches.get(index)?);
        Some(match_view(index, stored, planned, current, &played))
    });
    let table = facts.table(&progress);
    let champion = match table.as_slice() {
        [] => champion(&plan, &progress),
        [first, rest @ ..] => {
            let is_alone = rest.first().is_none_or(|second| second.rank > first.rank);
            (is_complete(facts, &progress.matches) && is_alone).then_some(first.entrant)
        }
    };
    let standings = table.iter().map(|row| BracketStandingView {
        rank: row.rank,
        seed: from_one(row.entrant),
        points: row.points,
        won: row.won,
        drawn: row.drawn,
        lost: row.lost,
        byes: row.byes,
        tie_break: row.tie_break,
    });
    BracketDetailView {
        bracket: bracket_view(&facts.row),
        entrants: entrants.collect(),
        matches: matches.collect(),
        standings: standings.collect(),
        champion: champion.map(from_one),
    }
}

/// Returns whether nothing is left to play, in a format without elimination.
fn is_complete(facts: &BracketFacts, matches: &[CurrentMatch]) -> bool {
    matches.iter().all(CurrentMatch::is_decided)
        && (facts.last_round() >= facts.row.rounds || facts.next_round().is_none())
}

/// Returns the view of a match.
pub(super) fn match_view(
    index: usize,
    stored: &bracket_match::Model,
    planned: &PlannedMatch,
    current: &CurrentMatch,
    played: &PlayedMatches,
) -> MatchView {
    let result = played
        .get(&index)
        .filter(|_| current.state == MatchState::Played);
    let side = |at: usize| {
        let (from_match, as_loser) = match planned.sources[at] {
            EntrantSource::WinnerOf(index) | EntrantSource::AgainOf(index, _) => {
                (Some(from_one(index)), false)
            }
            EntrantSource::LoserOf(index) => (Some(from_one(index)), true),
            EntrantSource::Entrant(_) | EntrantSource::Nobody => (None, false),
        };
        MatchSideView {
            seed: match current.sides[at] {
                Side::Entrant(entrant) => Some(from_one(entrant)),
                Side::Open | Side::Nobody => None,
            },
            from_match,
            as_loser,
            score: result.and_then(|result| result.scores).map(|it| it[at]),
        }
    };
    MatchView {
        id: stored.id,
        number: from_one(index),
        section: planned.section,
        round: planned.round,
        position: planned.position,
        state: current.state,
        first: side(0),
        second: side(1),
        outcome: match (current.state, current.winner) {
            (MatchState::Played, None) => Some(MatchOutcome::Draw),
            (_, Some(0)) => Some(MatchOutcome::First),
            (_, Some(_)) => Some(MatchOutcome::Second),
            (_, None) => None,
        },
    }
}
