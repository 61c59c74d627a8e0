//! Round robins and the Swiss system.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{PlayedBracket, distinct, ordered};
use crate::{
    domain::brackets::{
        layout::{EntrantSource, round_robin},
        matching::maximum_matching,
        swiss::{Meetings, PairedEntrant, pair},
    },
    model::{BracketFormat, MatchOutcome, MatchState},
};

#[test]
fn a_round_robin_has_the_rounds_of_the_berger_table() {
    let plan = round_robin(6);
    let pairs = plan.iter().map(|planned| match planned.sources {
        [EntrantSource::Entrant(one), EntrantSource::Entrant(other)] => [one + 1, other + 1],
        _ => [0, 0],
    });
    let pairs: Vec<_> = pairs.collect();
    let expected = [
        [1, 6],
        [2, 5],
        [3, 4],
        [6, 4],
        [5, 3],
        [1, 2],
        [2, 6],
        [3, 1],
        [4, 5],
        [6, 5],
        [1, 4],
        [2, 3],
        [3, 6],
        [4, 2],
        [5, 1],
    ];
    assert_eq!(pairs, expected);
}

#[test]
fn everybody_meets_everybody_once_in_a_round_robin() {
    for entrants in 2..=64 {
        let plan = round_robin(entrants);
        let mut met = BTreeSet::new();
        let mut in_round = BTreeSet::new();
        for planned in &plan {
            let [EntrantSource::Entrant(one), EntrantSource::Entrant(other)] = planned.sources
            else {
                panic!("a match without an entrant");
            };
            assert!(met.insert(ordered([one, other])));
            assert!(in_round.insert((planned.round, one)));
            assert!(in_round.insert((planned.round, other)));
        }
        assert_eq!(met.len(), entrants * (entrants - 1) / 2, "{entrants}");
    }
}

#[test]
fn the_upper_half_meets_the_lower_half_in_the_first_round() {
    let scene = PlayedBracket::with(BracketFormat::Swiss, 7, 3);
    let pairs: Vec<_> = scene
        .facts
        .matches
        .iter()
        .map(|it| (it.first, it.second))
        .collect();
    let pair = |one, other| (Some(one), Some(other));
    assert_eq!(pairs, [pair(1, 4), pair(2, 5), pair(3, 6), (Some(7), None)]);
}

#[test]
fn a_swiss_bracket_of_the_largest_size_is_paired_to_its_end() {
    let mut scene = PlayedBracket::with(BracketFormat::Swiss, 512, 20);
    for round in 1..=20 {
        assert_eq!(scene.facts.last_round(), round);
        let first = scene.facts.matches.len() - 256;
        for index in first..first + 256 {
            let outcome = match (index * 7 + index / 5) % 3 {
                0 => MatchOutcome::Draw,
                1 => MatchOutcome::First,
                _ => MatchOutcome::Second,
            };
            scene.facts.matches[index].outcome = Some(outcome);
        }
        if let Some(pairs) = scene.facts.next_round() {
            scene.facts.add_round(pairs);
        }
    }
    let meetings = scene.meetings();
    assert_eq!((meetings.len(), distinct(&meetings).len()), (5_120, 5_120));
}

#[test]
fn whoever_has_withdrawn_is_not_paired_any_more() {
    let mut scene = PlayedBracket::with(BracketFormat::Swiss, 6, 5);
    scene.withdraw(5, 1);
    scene.play(|_, pair| pair[0] < pair[1]);
    let matches = scene.facts.matches.iter().filter(|it| it.round > 1);
    let later: Vec<_> = matches.flat_map(|it| [it.first, it.second]).collect();
    assert!(!later.contains(&Some(6)), "{later:?}");
    let (_, progress) = scene.facts.progress();
    assert_eq!(progress.matches[2].state, MatchState::Walkover);
}

/// Returns whether some pairing of all these avoids that anybody meets again.
fn can_be_paired(entrants: &[usize], met: &Meetings) -> bool {
    let Some((one, others)) = entrants.split_first() else {
        return true;
    };
    others.iter().enumerate().any(|(at, other)| {
        let mut rest = others.to_vec();
        rest.remove(at);
        !met.contains(&ordered([*one, *other])) && can_be_paired(&rest, met)
    })
}

#[test]
fn a_matching_finds_its_way_through_a_circle_of_odd_length() {
    // Twice a stem with a circle of five, and an edge between the circles.
    let flower = |from: usize, end: usize| {
        let stem = [[end, from], [from, from + 1], [from + 1, from + 2]];
        let circle = [[from + 1, from + 5], [from + 2, from + 3]];
        let rest = [[from + 3, from + 4], [from + 4, from + 5]];
        [&stem[..], &circle, &rest].concat()
    };
    let edges = [flower(0, 12), flower(6, 13), vec![[2, 8]]].concat();
    let mates = maximum_matching(14, |one, other| {
        edges.contains(&[one, other]) || edges.contains(&[other, one])
    });
    assert!(mates.iter().all(Option::is_some), "{mates:?}");
}

/// Returns the largest number of pairs in a small graph.
fn most_pairs(nodes: &[usize], joined: &BTreeSet<[usize; 2]>) -> usize {
    let Some((one, others)) = nodes.split_first() else {
        return 0;
    };
    let without = most_pairs(others, joined);
    let with = others.iter().enumerate().filter_map(|(at, other)| {
        let mut rest = others.to_vec();
        rest.remove(at);
        joined
            .contains(&ordered([*one, *other]))
            .then(|| 1 + most_pairs(&rest, joined))
    });
    with.max().unwrap_or(0).max(without)
}

fn edges(nodes: usize) -> impl Strategy<Value = BTreeSet<[usize; 2]>> {
    let edge = (0..nodes, 0..nodes).prop_filter("two nodes", |(one, other)| one != other);
    let edges = prop::collection::btree_set(edge, 0..nodes * 2);
    edges.prop_map(|all| {
        all.into_iter()
            .map(|(one, other)| ordered([one, other]))
            .collect()
    })
}

proptest! {
    #[test]
    fn a_matching_has_as_many_pairs_as_possible(edges in edges(9)) {
        let mates = maximum_matching(9, |one, other| edges.contains(&ordered([one, other])));
        for (node, mate) in mates.iter().enumerate() {
            if let Some(mate) = mate {
                prop_assert_eq!(mates[*mate], Some(node));
                prop_assert!(edges.contains(&ordered([node, *mate])));
            }
        }
        let pairs = mates.iter().flatten().count() / 2;
        prop_assert_eq!(pairs, most_pairs(&(0..9).collect::<Vec<_>>(), &edges));
    }

    #[test]
    fn nobody_meets_again_while_any_pairing_avoids_it(
        met in edges(8),
        points in prop::collection::vec(0_u32..4, 8),
    ) {
        let mut entrants: Vec<PairedEntrant> = (0..8)
            .map(|entrant| PairedEntrant { entrant, points: points[entrant], byes: 0 })
            .collect();
        entrants.sort_by_key(|it| (std::cmp::Reverse(it.points), it.entrant));
        let pairs = pair(&entrants, &met);
        let named: BTreeSet<usize> =
            pairs.iter().flat_map(|(one, other)| [Some(*one), *other]).flatten().collect();
        prop_assert_eq!((pairs.len(), named.len()), (4, 8));
        let again = pairs.iter().any(|(one, other)| {
            other.is_some_and(|other| met.contains(&ordered([*one, other])))
        });
        let all: Vec<_> = (0..8).collect();
        prop_assert_eq!(again, !can_be_paired(&all, &met));
    }

    #[test]
    fn everybody_plays_in_each_round_of_the_swiss_system_with_one_bye_at_most(
        entrants in 2_usize..24,
        rounds in 1_i32..9,
        outcomes in prop::collection::vec(any::<bool>(), 200),
    ) {
        let rounds = rounds.min(i32::try_from(entrants).unwrap() - 1);
        let mut scene = PlayedBracket::with(BracketFormat::Swiss, entrants, rounds);
        scene.play(|index, _| outcomes[index]);
        prop_assert_eq!(scene.facts.last_round(), rounds);
        let mut byes: BTreeMap<i64, usize> = BTreeMap::new();
        for round in 1..=rounds {
            let of_round = scene.facts.matches.iter().filter(|it| it.round == round);
            let mut seeds: Vec<i64> = of_round.clone()
                .flat_map(|it| [it.first, it.second])
                .flatten()
                .collect();
            seeds.sort_unstable();
            let all: Vec<i64> = (1..=i64::try_from(entrants).unwrap()).collect();
            prop_assert_eq!(seeds, all);
            for one in of_round.filter(|it| it.second.is_none()).filter_map(|it| it.first) {
                *byes.entry(one).or_default() += 1;
            }
        }
        prop_assert!(byes.values().all(|count| *count == 1));
        prop_assert_eq!(byes.len(), if entrants % 2 == 0 { 0 } else { usize::try_from(rounds).unwrap() });
        let points: u32 = scene.facts.table(&scene.progress()).iter().map(|row| row.points).sum();
        let in_round = u32::try_from(entrants.div_ceil(2)).unwrap() * 2;
        prop_assert_eq!(points, in_round * u32::try_from(rounds).unwrap());
    }
}
