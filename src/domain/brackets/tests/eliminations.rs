//! Single and double eliminations.

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::Index};

use super::PlayedBracket;
use crate::{
    domain::brackets::{
        layout::{EntrantSource, PlannedMatch},
        progress::champion,
    },
    model::{BracketFormat, MatchOutcome, MatchSection, MatchState},
};

const SINGLE: BracketFormat = BracketFormat::SingleElimination;
const DOUBLE: BracketFormat = BracketFormat::DoubleElimination;

fn champion_of(scene: &PlayedBracket) -> Option<usize> {
    let (plan, progress) = scene.facts.progress();
    champion(&plan, &progress)
}

/// Returns the pairs of the first round with both entrants, and who has a bye.
fn first_round(entrants: usize) -> (Vec<[usize; 2]>, Vec<usize>) {
    let scene = PlayedBracket::new(SINGLE, entrants);
    let (plan, _) = scene.facts.progress();
    let (mut pairs, mut byes) = (Vec::new(), Vec::new());
    for planned in plan.iter().filter(|it| it.round == 1) {
        match planned.sources {
            [EntrantSource::Entrant(one), EntrantSource::Entrant(other)] => {
                pairs.push([one + 1, other + 1])
            }
            [EntrantSource::Entrant(one), EntrantSource::Nobody] => byes.push(one + 1),
            _ => {}
        }
    }
    (pairs, byes)
}

#[test]
fn the_first_seed_meets_the_last_one_and_the_best_have_the_byes() {
    let (pairs, byes) = first_round(16);
    let expected = [
        [1, 16],
        [8, 9],
        [4, 13],
        [5, 12],
        [2, 15],
        [7, 10],
        [3, 14],
        [6, 11],
    ];
    assert_eq!((pairs, byes), (expected.to_vec(), vec![]));
    assert_eq!(first_round(5), (vec![[4, 5]], vec![1, 2, 3]));
    assert_eq!(first_round(2), (vec![[1, 2]], vec![]));
}

#[test]
fn the_best_two_meet_in_the_final_if_the_better_one_always_wins() {
    for entrants in 2..70 {
        for format in [SINGLE, DOUBLE] {
            let mut scene = PlayedBracket::new(format, entrants);
            let mut last = [0, 0];
            scene.play(|_, pair| {
                if pair.contains(&0) {
                    last = pair;
                }
                pair[0] < pair[1]
            });
            assert_eq!(champion_of(&scene), Some(0), "{format} {entrants}");
            assert_eq!(last, [0, 1], "{format} {entrants}");
        }
    }
}

#[test]
fn a_grand_final_is_played_again_only_if_the_one_from_the_losers_bracket_wins_it() {
    let mut scene = PlayedBracket::new(DOUBLE, 4);
    let finals = |scene: &PlayedBracket| {
        let (plan, progress) = scene.facts.progress();
        let all = plan.iter().zip(progress.matches);
        let finals = all.filter(|(planned, _)| planned.section == MatchSection::Final);
        finals.map(|(_, current)| current.state).collect::<Vec<_>>()
    };
    scene.play(|_, pair| pair[0] < pair[1]);
    assert_eq!(finals(&scene), [MatchState::Played, MatchState::NotNeeded]);
    let grand_final = scene.facts.matches.len() - 2;
    scene.set(grand_final, MatchOutcome::Second);
    assert_eq!(finals(&scene), [MatchState::Played, MatchState::Ready]);
    assert_eq!(champion_of(&scene), None);
    scene.set(grand_final + 1, MatchOutcome::Second);
    assert_eq!(champion_of(&scene), Some(1));
}

#[test]
fn brackets_of_the_largest_size_are_complete() {
    for (format, matches) in [(SINGLE, 1_023), (DOUBLE, 2_046)] {
        let mut scene = PlayedBracket::new(format, 1_024);
        // A round at a time: each look at the progress costs as much as the bracket is large.
        loop {
            let ready = scene.ready();
            let progress = scene.progress();
            for index in &ready {
                let [first, second] = progress.matches[*index].pair().unwrap();
                let stored = &mut scene.facts.matches[*index];
                stored.first = Some(super::seed_of(first));
                stored.second = Some(super::seed_of(second));
                stored.outcome = Some(MatchOutcome::First);
            }
            if ready.is_empty() {
                break;
            }
        }
        let third_place = usize::from(format == SINGLE);
        assert_eq!(scene.facts.played().len(), matches + third_place);
        assert!(champion_of(&scene).is_some());
    }
}

/// Returns the matches whose entrants depend on a match.
fn dependents(plan: &[PlannedMatch], match_index: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::from([match_index]);
    for (index, planned) in plan.iter().enumerate() {
        let depends = planned.sources.iter().any(|source| match source {
            EntrantSource::WinnerOf(of)
            | EntrantSource::LoserOf(of)
            | EntrantSource::AgainOf(of, _) => found.contains(of),
            EntrantSource::Entrant(_) | EntrantSource::Nobody => false,
        });
        if depends {
            found.insert(index);
        }
    }
    found.remove(&match_index);
    found
}

fn formats() -> impl Strategy<Value = BracketFormat> {
    prop_oneof![Just(SINGLE), Just(DOUBLE)]
}

proptest! {
    #[test]
    fn whoever_loses_often_enough_is_out_and_one_champion_is_left(
        format in formats(),
        entrants in 2_usize..36,
        wins in prop::collection::vec(any::<bool>(), 200),
    ) {
        let mut scene = PlayedBracket::new(format, entrants);
        scene.play(|index, _| wins[index]);
        let champion = champion_of(&scene).unwrap();
        let most = if format == SINGLE { 1 } else { 2 };
        let losses = scene.losses();
        // The match for the third place lets one lose twice.
        let third = usize::from(format == SINGLE);
        for entrant in 0..entrants {
            let lost = losses.get(&entrant).copied().unwrap_or(0);
            if entrant == champion {
                prop_assert!(lost < most);
            } else {
                prop_assert!((most..=most + third).contains(&lost), "{} lost {}", entrant, lost);
            }
        }
        let (_, progress) = scene.facts.progress();
        prop_assert!(progress.matches.iter().all(|it| it.is_decided()));
        prop_assert!(progress.stale.is_empty());
    }

    #[test]
    fn a_correction_voids_exactly_the_played_matches_that_depend_on_it(
        format in formats(),
        entrants in 2_usize..36,
        wins in prop::collection::vec(any::<bool>(), 200),
        played in any::<Index>(),
        corrected in any::<Index>(),
    ) {
        let mut scene = PlayedBracket::new(format, entrants);
        scene.play(|index, _| wins[index]);
        // Only so many matches were played.
        let all: Vec<usize> = scene.facts.played().into_keys().collect();
        for index in &all[played.index(all.len()) + 1..] {
            scene.facts.matches[*index].outcome = None;
        }
        let (plan, before) = scene.facts.progress();
        prop_assert!(before.stale.is_empty());
        let played = scene.facts.played();
        let corrected = *corrected.get(&played.keys().copied().collect::<Vec<_>>());
        let same = played[&corrected].outcome;
        let scores_only = scene.progress();
        prop_assert_eq!(scores_only.stale, vec![0; 0]);
        scene.set(corrected, match same {
            MatchOutcome::First => MatchOutcome::Second,
            _ => MatchOutcome::First,
        });
        let stale: BTreeSet<usize> = scene.progress().stale.into_iter().collect();
        let expected = dependents(&plan, corrected);
        let expected: BTreeSet<usize> =
            expected.into_iter().filter(|index| played.contains_key(index)).collect();
        prop_assert_eq!(stale, expected);
    }

    #[test]
    fn withdrawals_end_every_match_and_void_none(
        format in formats(),
        entrants in 2_usize..30,
        wins in prop::collection::vec(any::<bool>(), 200),
        order in Just((0..30_usize).collect::<Vec<_>>()).prop_shuffle(),
        between in 0_usize..4,
    ) {
        let mut scene = PlayedBracket::new(format, entrants);
        let order = order.into_iter().filter(|entrant| *entrant < entrants);
        for (entrant, at) in order.zip(1..) {
            for index in scene.ready().into_iter().take(between) {
                let outcome = if wins[index] { MatchOutcome::First } else { MatchOutcome::Second };
                scene.set(index, outcome);
            }
            let before = scene.progress();
            scene.withdraw(entrant, at);
            let after = scene.progress();
            prop_assert!(after.stale.is_empty());
            for (before, after) in before.matches.iter().zip(&after.matches) {
                prop_assert!(!before.is_decided() || before == after, "{:?} {:?}", before, after);
            }
        }
        prop_assert!(champion_of(&scene).is_some());
    }

    #[test]
    fn those_who_fall_into_the_second_round_of_the_losers_bracket_meet_nobody_again(
        entrants in 5_usize..64,
        wins in prop::collection::vec(any::<bool>(), 200),
    ) {
        let mut scene = PlayedBracket::new(DOUBLE, entrants);
        let mut met = BTreeSet::new();
        let plan = scene.facts.plan();
        let mut again = Vec::new();
        scene.play(|index, pair| {
            let is_new = met.insert(super::ordered(pair));
            let planned = plan[index];
            if !is_new && planned.section == MatchSection::Losers && planned.round <= 2 {
                again.push(pair);
            }
            wins[index]
        });
        prop_assert!(again.is_empty(), "{:?}", again);
    }
}
