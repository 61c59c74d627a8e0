//! Which matches an elimination bracket or a round robin has, and where the entrants of each come from: pure functions of
//! the format and the number of entrants.
//!
//! Entrants are counted from 0 in the order of their seeds. A match comes after every match from which its entrants
//! come.

use crate::model::MatchSection;

/// Where an entrant of a match comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntrantSource {
    /// This entrant, from the beginning.
    Entrant(usize),
    /// Nobody: the other one has a bye.
    Nobody,
    /// The winner of a match.
    WinnerOf(usize),
    /// The loser of a match.
    LoserOf(usize),
    /// The entrant on this side of a match (0 or 1), if the second one has won it: a final that is played again.
    AgainOf(usize, usize),
}

/// A match as the format has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlannedMatch {
    pub section: MatchSection,
    /// The number of the round in its section, from 1.
    pub round: u32,
    /// The place in the round, from 0.
    pub position: u32,
    pub sources: [EntrantSource; 2],
}

/// Returns the entrants in the order of the lines of the first round, so that the best two can meet in the final only,
/// and the first plays the last: for 8 the pairs 1–8, 4–5, 2–7 and 3–6. `size` is a power of two.
fn seed_order(size: usize) -> Vec<usize> {
    let mut order = vec![0];
    while order.len() < size {
        let last = order.len() * 2 - 1;
        order = order
            .into_iter()
            .flat_map(|seed| [seed, last - seed])
            .collect();
    }
    order
}

/// Matches that are added round by round.
#[derive(Default)]
struct MatchPlan(Vec<PlannedMatch>);

impl MatchPlan {
    /// Adds a round, and returns the indexes of its matches.
    fn round(
        &mut self,
        section: MatchSection,
        round: u32,
        pairs: impl IntoIterator<Item = [EntrantSource; 2]>,
    ) -> Vec<usize> {
        let first = self.0.len();
        let matches = pairs.into_iter().zip(0..);
        self.0
            .extend(matches.map(|(sources, position)| PlannedMatch {
                section,
                round,
                position,
                sources,
            }));
        (first..self.0.len()).collect()
    }

    /// Adds the rounds in which whoever loses is out, and returns the indexes of each.
    fn winners(&mut self, entrants: usize) -> Vec<Vec<usize>> {
        let size = entrants.next_power_of_two().max(2);
        let line = |seed: usize| match seed < entrants {
            true => EntrantSource::Entrant(seed),
            false => EntrantSource::Nobody,
        };
        let order = seed_order(size);
        let pairs = order.chunks(2).map(|pair| [line(pair[0]), line(pair[1])]);
        let mut rounds = vec![self.round(MatchSection::Winners, 1, pairs)];
        for number in 2.. {
            let before = rounds.last().map_or(&[][..], Vec::as_slice);
            if before.len() < 2 {
                break;
            }
            let pairs = winners_of(before);
            let round = self.round(MatchSection::Winners, number, pairs);
            rounds.push(round);
        }
        rounds
    }
}

fn winners_of(round: &[usize]) -> Vec<[EntrantSource; 2]> {
    let pairs = round.chunks(2);
    pairs
        .map(|pair| {
            [
                EntrantSource::WinnerOf(pair[0]),
                EntrantSource::WinnerOf(pair[1]),
            ]
        })
        .collect()
}

/// Returns the matches of a single elimination, on request with one between the losers of the semi-finals.
pub(super) fn single_elimination(entrants: usize, third_place: bool) -> Vec<PlannedMatch> {
    let mut plan = MatchPlan::default();
    let rounds = plan.winners(entrants);
    if let [.., semi_finals, _] = &rounds[..]
        && third_place
    {
        let losers = [
            EntrantSource::LoserOf(semi_finals[0]),
            EntrantSource::LoserOf(semi_finals[1]),
        ];
        plan.round(MatchSection::ThirdPlace, 1, [losers]);
    }
    plan.0
}

/// Returns the matches of a double elimination: the winners' bracket, the losers' bracket, the grand final, and on
/// request the one that is played if the winner of the losers' bracket wins it.
pub(super) fn double_elimination(entrants: usize, reset: bool) -> Vec<PlannedMatch> {
    let mut plan = MatchPlan::default();
    let winners = plan.winners(entrants);
    let mut crossings = Crossings { used: vec![0] };
    let mut number = 0;
    // Those who wait in the losers' bracket for the losers of the next round of the winners' bracket.
    let mut waiting: Vec<EntrantSource> = Vec::new();
    for (round, next) in winners.iter().zip(1..) {
        let fallen = || round.iter().map(|index| EntrantSource::LoserOf(*index));
        if next == 1 {
            waiting = fallen().collect();
        } else {
            let fallen: Vec<_> = fallen().collect();
            let mask = crossings.next(fallen.len());
            let places = waiting.iter().enumerate();
            let pairs = places.map(|(place, one)| [*one, fallen[place ^ mask]]);
            number += 1;
            let played = plan.round(MatchSection::Losers, number, pairs);
            waiting = played.into_iter().map(EntrantSource::WinnerOf).collect();
        }
        if waiting.len() > 1 {
            let pairs = waiting.chunks(2).map(|pair| [pair[0], pair[1]]);
            number += 1;
            let played = plan.round(MatchSection::Losers, number, pairs);
            waiting = played.into_iter().map(EntrantSource::WinnerOf).collect();
            crossings.halved();
        }
    }
    let winner = winners.last().map_or(0, |round| round[0]);
    let finalists = [EntrantSource::WinnerOf(winner), waiting[0]];
    let last = plan.round(MatchSection::Final, 1, [finalists])[0];
    if reset {
        let again = [
            EntrantSource::AgainOf(last, 0),
            EntrantSource::AgainOf(last, 1),
        ];
        plan.round(MatchSection::Final, 2, [again]);
    }
    plan.0
}

/// To which place of the losers' bracket losers fall. Places are crossed over, so that those who have met already meet
/// again as late as possible: a loser from place p of a round falls to place p XOR mask.
struct Crossings {
    /// The masks whose entrants a place holds already, the oldest first: 0 stands for the losers of the first round.
    used: Vec<usize>,
}

impl Crossings {
    /// Returns the mask for a round with so many places, which is a power of two.
    fn next(&mut self, places: usize) -> usize {
        let preferred = [places - 1, places / 2].into_iter();
        let mut masks = preferred.chain(0..places).filter(|mask| *mask < places);
        let free = masks.find(|mask| !self.used.contains(mask));
        // Where everybody has met, those who may have met first are the ones to meet again.
        let mask = free.or(self.used.first().copied()).unwrap_or(0);
        self.used.retain(|used| *used != mask);
        self.used.push(mask);
        mask
    }

    /// Halves the number of places: two become one.
    fn halved(&mut self) {
        let halves: Vec<_> = self.used.drain(..).map(|mask| mask >> 1).collect();
        for mask in halves {
            self.used.retain(|used| *used != mask);
            self.used.push(mask);
        }
    }
}

/// Returns the matches of a round robin in the order of the Berger tables. With an odd number, one entrant has no match in
/// each round.
pub(super) fn round_robin(entrants: usize) -> Vec<PlannedMatch> {
    let even = entrants + entrants % 2;
    // All but the last one sit in a circle, whose size is odd.
    let circle = even - 1;
    let mut plan = MatchPlan::default();
    for (round, number) in (0..circle).zip(1..) {
        let opponent = match round % 2 {
            0 => round / 2,
            _ => (round + 1 + even) / 2 - 1,
        };
        let last = match round % 2 {
            0 => [opponent, even - 1],
            _ => [even - 1, opponent],
        };
        let others = (1..even / 2).map(|step| {
            let above = (opponent + step) % circle;
            let below = (opponent + circle - step) % circle;
            [above, below]
        });
        let pairs = std::iter::once(last).chain(others);
        let pairs = pairs.filter(|pair| pair.iter().all(|one| *one < entrants));
        let pairs =
            pairs.map(|[one, other]| [EntrantSource::Entrant(one), EntrantSource::Entrant(other)]);
        plan.round(MatchSection::Rounds, number, pairs);
    }
    plan.0
}
