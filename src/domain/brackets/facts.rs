//! What is stored of a bracket, and what follows from it.
//!
//! Stored are the settings, the entrants, the results, and the pairings of the Swiss system. Everything else is computed:
//! who advances, who has a walkover, and the standings.

use chrono::{DateTime, Utc};

use super::{
    layout::{EntrantSource, PlannedMatch, double_elimination, round_robin, single_elimination},
    progress::{BracketProgress, PlayedMatch, PlayedMatches, Side, progress},
    swiss::{Meetings, PairedEntrant, Pairing, ordered, pair},
    table::{CountedMatch, TableRow, table},
};
use crate::{
    model::{BracketFormat, MatchId, MatchOutcome, MatchSection, MatchState, RegistrationId},
    store::entity::{bracket, bracket_match},
};

/// An entrant as it is stored.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredEntrant {
    pub registration: Option<RegistrationId>,
    /// When the entrant was taken out of the bracket.
    pub taken_out_at: Option<DateTime<Utc>>,
    /// When the registration was cancelled.
    pub cancelled_at: Option<DateTime<Utc>>,
}

impl StoredEntrant {
    /// Returns since when the entrant does not play any more.
    pub(super) fn withdrawn_at(&self) -> Option<DateTime<Utc>> {
        let both = [self.taken_out_at, self.cancelled_at];
        both.into_iter().flatten().min()
    }
}

/// A bracket as it is stored, with the matches in the order of their numbers.
#[derive(Debug)]
pub(super) struct BracketFacts {
    pub row: bracket::Model,
    pub entrants: Vec<StoredEntrant>,
    pub matches: Vec<bracket_match::Model>,
}

/// Returns the index of an entrant by the seed.
pub(super) fn index_of(seed: i64) -> Option<usize> {
    usize::try_from(seed.checked_sub(1)?).ok()
}

/// Returns the seed of an entrant by the index.
pub(super) fn seed_of(index: usize) -> i64 {
    i64::try_from(index).map_or(i64::MAX, |index| index.saturating_add(1))
}

/// Returns the matches that a format has from the beginning. Those of the Swiss system are paired round by round.
pub(super) fn planned(
    format: BracketFormat,
    entrants: usize,
    third_place: bool,
    reset: bool,
) -> Vec<PlannedMatch> {
    match format {
        BracketFormat::SingleElimination => single_elimination(entrants, third_place),
        BracketFormat::DoubleElimination => double_elimination(entrants, reset),
        BracketFormat::RoundRobin => round_robin(entrants),
        BracketFormat::Swiss => Vec::new(),
    }
}

impl BracketFacts {
    /// Returns the matches as the format or the pairings have them.
    pub(super) fn plan(&self) -> Vec<PlannedMatch> {
        let row = &self.row;
        if row.format != BracketFormat::Swiss {
            return planned(row.format, self.entrants.len(), row.third_place, row.reset);
        }
        let mut plan: Vec<PlannedMatch> = Vec::with_capacity(self.matches.len());
        for stored in &self.matches {
            let side = |seed: Option<i64>| match seed.and_then(index_of) {
                Some(index) => EntrantSource::Entrant(index),
                None => EntrantSource::Nobody,
            };
            let round = u32::try_from(stored.round).unwrap_or(0);
            let position = match plan.last() {
                Some(last) if last.round == round => last.position + 1,
                _ => 0,
            };
            plan.push(PlannedMatch {
                section: MatchSection::Rounds,
                round,
                position,
                sources: [side(stored.first), side(stored.second)],
            });
        }
        plan
    }

    /// Returns the results by the indexes of their matches.
    pub(super) fn played(&self) -> PlayedMatches {
        let matches = self.matches.iter().enumerate();
        let played = matches.filter_map(|(index, stored)| {
            let score = |score: Option<i64>| score.and_then(|score| u32::try_from(score).ok());
            let scores = score(stored.first_score).zip(score(stored.second_score));
            let played = PlayedMatch {
                pair: [index_of(stored.first?)?, index_of(stored.second?)?],
                outcome: stored.outcome?,
                scores: scores.map(|(first, second)| [first, second]),
            };
            Some((index, played))
        });
        played.collect()
    }

    pub(super) fn withdrawn(&self) -> Vec<Option<DateTime<Utc>>> {
        let entrants = self.entrants.iter();
        entrants.map(StoredEntrant::withdrawn_at).collect()
    }

    /// Returns the matches as they are now.
    pub(super) fn progress(&self) -> (Vec<PlannedMatch>, BracketProgress) {
        let plan = self.plan();
        let progress = progress(&plan, &self.withdrawn(), &self.played());
        (plan, progress)
    }

    /// Returns the standings; none for an elimination.
    pub(super) fn table(&self, progress: &BracketProgress) -> Vec<TableRow> {
        let row = &self.row;
        if row.format.is_elimination() {
            return Vec::new();
        }
        let played = self.played();
        let matches = progress.matches.iter().enumerate();
        let counted = matches.filter_map(|(index, current)| {
            let outcome = match (current.state, current.winner) {
                (MatchState::Played, None) => MatchOutcome::Draw,
                (_, Some(0)) => MatchOutcome::First,
                (_, Some(_)) => MatchOutcome::Second,
                (_, None) => return None,
            };
            let (first, second) = match current.sides {
                [Side::Entrant(first), Side::Entrant(second)] => (first, Some(second)),
                [Side::Entrant(first), _] => (first, None),
                _ => return None,
            };
            Some(CountedMatch {
                first,
                second,
                outcome,
                scores: played.get(&index).and_then(|result| result.scores),
            })
        });
        let counted: Vec<_> = counted.collect();
        let win_points = u32::try_from(row.win_points).unwrap_or(0);
        table(self.entrants.len(), &counted, win_points, row.tie_rule)
    }

    /// Returns the number of the last round of the Swiss system that is paired; 0 if there is none.
    pub(super) fn last_round(&self) -> i32 {
        self.matches.last().map_or(0, |stored| stored.round)
    }

    /// Returns whether a round of the Swiss system has a result.
    pub(super) fn has_begun(&self, round: i32) -> bool {
        let mut of_round = self.matches.iter().filter(|it| it.round == round);
        of_round.any(|stored| stored.outcome.is_some())
    }

    /// Removes the last round of the Swiss system, and returns its matches.
    pub(super) fn remove_last_round(&mut self) -> Vec<bracket_match::Model> {
        let round = self.last_round();
        let first = self.matches.iter().position(|it| it.round == round);
        self.matches.split_off(first.unwrap_or(self.matches.len()))
    }

    /// Pairs the next round of the Swiss system, if the ones before are complete, there is one left, and two entrants are
    /// still in.
    pub(super) fn next_round(&self) -> Option<Vec<Pairing>> {
        if self.row.format != BracketFormat::Swiss || self.last_round() >= self.row.rounds {
            return None;
        }
        let (plan, progress) = self.progress();
        if !progress.matches.iter().all(|it| it.is_decided()) {
            return None;
        }
        let mut rows = self.table(&progress);
        rows.sort_by_key(|row| (std::cmp::Reverse(row.points), row.entrant));
        let withdrawn = self.withdrawn();
        let entrants: Vec<PairedEntrant> = rows
            .iter()
            .filter(|row| withdrawn.get(row.entrant).copied().flatten().is_none())
            .map(|row| PairedEntrant {
                entrant: row.entrant,
                points: row.points,
                byes: row.byes,
            })
            .collect();
        let met: Meetings = plan
            .iter()
            .filter_map(|planned| match planned.sources {
                [EntrantSource::Entrant(one), EntrantSource::Entrant(other)] => {
                    Some(ordered([one, other]))
                }
                _ => None,
            })
            .collect();
        (entrants.len() >= 2).then(|| pair(&entrants, &met))
    }

    /// Adds a round of the Swiss system behind the others, and returns its matches.
    pub(super) fn add_round(&mut self, pairs: Vec<Pairing>) -> &[bracket_match::Model] {
        let before = self.matches.len();
        let round = self.last_round().saturating_add(1);
        for ((first, second), at) in pairs.into_iter().zip(before..) {
            self.matches.push(bracket_match::Model {
                id: MatchId::new(),
                bracket_id: self.row.id,
                number: number_of(at),
                round,
                first: Some(seed_of(first)),
                second: second.map(seed_of),
                outcome: None,
                first_score: None,
                second_score: None,
            });
        }
        &self.matches[before..]
    }
}

/// Returns the number of a match by its index.
pub(super) fn number_of(index: usize) -> i32 {
    i32::try_from(index).map_or(i32::MAX, |index| index.saturating_add(1))
}
