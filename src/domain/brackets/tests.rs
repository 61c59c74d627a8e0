//! Tests of the pure functions: whole brackets are played in memory.

mod eliminations;
mod rounds;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{
    editing::new_match,
    facts::{BracketFacts, StoredEntrant, planned, seed_of},
    progress::BracketProgress,
    swiss::ordered,
};
use crate::{
    model::{
        BracketFormat, BracketId, BracketSeeding, BracketState, BracketTieRule, CompetitionId,
        MatchOutcome, RegistrationId,
    },
    store::entity::bracket,
};

/// A bracket in memory.
struct PlayedBracket {
    facts: BracketFacts,
}

impl PlayedBracket {
    fn new(format: BracketFormat, entrants: usize) -> Self {
        Self::with(format, entrants, 0)
    }

    /// Returns a bracket with a match for the third place, and a grand final that may be played again.
    fn with(format: BracketFormat, entrants: usize, rounds: i32) -> Self {
        let row = bracket::Model {
            id: BracketId::new(),
            competition_id: CompetitionId::new(),
            division_id: None,
            name: String::new(),
            format,
            seeding: BracketSeeding::List,
            state: BracketState::Draft,
            third_place: true,
            reset: true,
            rounds,
            win_points: 2,
            tie_rule: BracketTieRule::Buchholz,
            entrants: i32::try_from(entrants).unwrap(),
            revision: 0,
            created_at: DateTime::UNIX_EPOCH,
        };
        let entrant = || StoredEntrant {
            registration: Some(RegistrationId::new()),
            taken_out_at: None,
            cancelled_at: None,
        };
        let plan = planned(format, entrants, true, true);
        let mut facts = BracketFacts {
            entrants: std::iter::repeat_with(entrant).take(entrants).collect(),
            matches: (0..plan.len()).map(|at| new_match(row.id, at)).collect(),
            row,
        };
        if let Some(pairs) = facts.next_round() {
            facts.add_round(pairs);
        }
        Self { facts }
    }

    fn progress(&self) -> BracketProgress {
        self.facts.progress().1
    }

    /// Returns the indexes of matches that can be played now.
    fn ready(&self) -> Vec<usize> {
        let matches = self.progress().matches;
        let ready = matches
            .iter()
            .enumerate()
            .filter(|(_, it)| !it.is_decided());
        let ready = ready.filter(|(_, it)| it.pair().is_some());
        ready.map(|(index, _)| index).collect()
    }

    /// Writes a result without anything that follows from it.
    fn set(&mut self, index: usize, outcome: MatchOutcome) {
        let [first, second] = self.progress().matches[index].pair().unwrap();
        let stored = &mut self.facts.matches[index];
        stored.first = Some(seed_of(first));
        stored.second = Some(seed_of(second));
        stored.outcome = Some(outcome);
    }

    /// Plays matches in the order of their numbers until none is left. `first_wins` decides each.
    fn play(&mut self, mut first_wins: impl FnMut(usize, [usize; 2]) -> bool) {
        while let Some(index) = self.ready().first().copied() {
            let pair = self.progress().matches[index].pair().unwrap();
            self.set(
                index,
                match first_wins(index, pair) {
                    true => MatchOutcome::First,
                    false => MatchOutcome::Second,
                },
            );
            if let Some(pairs) = self.facts.next_round() {
                self.facts.add_round(pairs);
            }
        }
    }

    /// Returns the pairs that have played, in their order.
    fn meetings(&self) -> Vec<[usize; 2]> {
        let played = self.facts.played();
        played.values().map(|result| ordered(result.pair)).collect()
    }

    /// Returns how often each entrant has lost.
    fn losses(&self) -> BTreeMap<usize, usize> {
        let mut losses = BTreeMap::new();
        for result in self.facts.played().values() {
            let loser = match result.outcome {
                MatchOutcome::First => result.pair[1],
                _ => result.pair[0],
            };
            *losses.entry(loser).or_default() += 1;
        }
        losses
    }

    fn withdraw(&mut self, entrant: usize, at: i64) {
        let at = DateTime::<Utc>::from_timestamp(at, 0);
        self.facts.entrants[entrant].taken_out_at = at;
    }
}

/// Returns each pair once.
fn distinct(pairs: &[[usize; 2]]) -> BTreeSet<[usize; 2]> {
    pairs.iter().copied().collect()
}
