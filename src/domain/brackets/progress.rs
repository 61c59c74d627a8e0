//! What has become of the matches of a bracket: who meets whom, who wins, and which results have lost their match. A pure
//! function of the planned matches, the results, and who has withdrawn.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::layout::{EntrantSource, PlannedMatch};
use crate::model::{MatchOutcome, MatchSection, MatchState};

/// Who is on one side of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// An earlier match decides it.
    Open,
    /// Nobody ever will be.
    Nobody,
    Entrant(usize),
}

/// A result as it was recorded: it belongs to a match only as long as these two meet in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlayedMatch {
    pub pair: [usize; 2],
    pub outcome: MatchOutcome,
    pub scores: Option<[u32; 2]>,
}

/// The results by the indexes of their matches.
pub(super) type PlayedMatches = BTreeMap<usize, PlayedMatch>;

/// A match as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CurrentMatch {
    pub sides: [Side; 2],
    pub state: MatchState,
    /// Which side has won: 0 or 1. Nobody has before the match is decided, and after a draw.
    pub winner: Option<usize>,
}

impl CurrentMatch {
    /// Returns the two entrants, if both are known.
    pub(super) fn pair(&self) -> Option<[usize; 2]> {
        match self.sides {
            [Side::Entrant(one), Side::Entrant(other)] => Some([one, other]),
            _ => None,
        }
    }

    /// Returns whether nothing is left to happen in it.
    pub(super) const fn is_decided(&self) -> bool {
        !matches!(self.state, MatchState::Pending | MatchState::Ready)
    }

    /// Returns the entrant who has won.
    pub(super) fn champion(&self) -> Option<usize> {
        match self.sides[self.winner?] {
            Side::Entrant(entrant) => Some(entrant),
            Side::Open | Side::Nobody => None,
        }
    }
}

/// All matches as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BracketProgress {
    pub matches: Vec<CurrentMatch>,
    /// The indexes of results whose entrants do not meet in that match any more.
    pub stale: Vec<usize>,
}

/// Follows the results through the matches. `withdrawn` has the time for each entrant who has withdrawn: whoever does so
/// first loses the matches that have no result.
pub(super) fn progress(
    plan: &[PlannedMatch],
    withdrawn: &[Option<DateTime<Utc>>],
    played: &PlayedMatches,
) -> BracketProgress {
    let mut matches: Vec<CurrentMatch> = Vec::with_capacity(plan.len());
    let mut stale = Vec::new();
    for (index, planned) in plan.iter().enumerate() {
        let sides = planned.sources.map(|source| side(source, &matches));
        let result = played.get(&index);
        let current = match sides {
            [Side::Nobody, Side::Nobody] => CurrentMatch {
                sides,
                state: MatchState::NotNeeded,
                winner: None,
            },
            [Side::Entrant(_), Side::Nobody] => bye(sides, 0),
            [Side::Nobody, Side::Entrant(_)] => bye(sides, 1),
            [Side::Entrant(one), Side::Entrant(other)] => {
                let result = result.filter(|result| result.pair == [one, other]);
                let (state, winner) = match result {
                    Some(result) => (MatchState::Played, won(result.outcome)),
                    None => match walkover(withdrawn, [one, other]) {
                        Some(winner) => (MatchState::Walkover, Some(winner)),
                        None => (MatchState::Ready, None),
                    },
                };
                CurrentMatch {
                    sides,
                    state,
                    winner,
                }
            }
            [Side::Open, _] | [_, Side::Open] => CurrentMatch {
                sides,
                state: MatchState::Pending,
                winner: None,
            },
        };
        if result.is_some() && current.state != MatchState::Played {
            stale.push(index);
        }
        matches.push(current);
    }
    BracketProgress { matches, stale }
}

const fn bye(sides: [Side; 2], winner: usize) -> CurrentMatch {
    CurrentMatch {
        sides,
        state: MatchState::Bye,
        winner: Some(winner),
    }
}

/// Returns who is on a side, as far as the matches before decide it.
fn side(source: EntrantSource, matches: &[CurrentMatch]) -> Side {
    let (index, of_winner) = match source {
        EntrantSource::Entrant(entrant) => return Side::Entrant(entrant),
        EntrantSource::Nobody => return Side::Nobody,
        EntrantSource::AgainOf(index, side) => {
            let Some(last) = matches.get(index) else {
                return Side::Open;
            };
            return match (last.is_decided(), last.winner) {
                (false, _) => Side::Open,
                (true, Some(1)) if last.state != MatchState::Bye => last.sides[side],
                (true, _) => Side::Nobody,
            };
        }
        EntrantSource::WinnerOf(index) => (index, true),
        EntrantSource::LoserOf(index) => (index, false),
    };
    let Some(before) = matches.get(index) else {
        return Side::Open;
    };
    match (before.is_decided(), before.winner) {
        (false, _) => match (before.sides, of_winner) {
            // Whoever wins, nobody loses.
            ([Side::Nobody, _] | [_, Side::Nobody], false) => Side::Nobody,
            _ => Side::Open,
        },
        (true, Some(winner)) if of_winner => before.sides[winner],
        (true, Some(winner)) => before.sides[1 - winner],
        (true, None) => Side::Nobody,
    }
}

const fn won(outcome: MatchOutcome) -> Option<usize> {
    match outcome {
        MatchOutcome::First => Some(0),
        MatchOutcome::Second => Some(1),
        MatchOutcome::Draw => None,
    }
}

/// Returns which side wins without a match, because the other one has withdrawn, or has done so earlier.
fn walkover(withdrawn: &[Option<DateTime<Utc>>], pair: [usize; 2]) -> Option<usize> {
    let [one, other] = pair.map(|entrant| withdrawn.get(entrant).copied().flatten());
    match (one, other) {
        (None, None) => None,
        (Some(_), None) => Some(1),
        (None, Some(_)) => Some(0),
        (Some(one), Some(other)) => Some(usize::from(one < other)),
    }
}

/// Returns who has won an elimination, if the match that decides is decided.
pub(super) fn champion(plan: &[PlannedMatch], progress: &BracketProgress) -> Option<usize> {
    let last_of = |section: MatchSection| {
        let all = plan.iter().zip(&progress.matches);
        all.filter(|(planned, _)| planned.section == section)
            .map(|(_, current)| current)
            .rfind(|current| current.state != MatchState::NotNeeded)
    };
    let last = last_of(MatchSection::Final).or_else(|| last_of(MatchSection::Winners));
    last?.champion()
}
