use chrono::TimeDelta;
use proptest::{prelude::*, sample::select};
use uuid::Uuid;

use super::*;

const RULE: RankingRule = RankingRule {
    direction: ResultDirection::Ascending,
    aggregate: ResultAggregate::Best,
    tie_rule: TieRule::Shared,
};

/// Participants by number, and their results in the order in which they were recorded.
#[derive(Debug, Clone, Default)]
struct Scene {
    attempts: Vec<RankedAttempt>,
}

fn person(number: u128) -> RegistrationId {
    RegistrationId(Uuid::from_u128(number))
}

fn result(number: usize) -> PerformanceId {
    PerformanceId(Uuid::from_u128(number as u128))
}

impl Scene {
    /// Records results: the participant, and the value or why there is none. Each is a second later than the one before.
    fn of(results: &[(u128, Result<i64, PerformanceStatus>)]) -> Self {
        let attempt = |(at, (registration, value)): (usize, &(u128, Result<_, _>))| RankedAttempt {
            id: result(at),
            registration: person(*registration),
            value: value.ok(),
            status: value.err().unwrap_or(PerformanceStatus::Ok),
            at: DateTime::UNIX_EPOCH + TimeDelta::seconds(at as i64),
            supersedes: None,
        };
        Self {
            attempts: results.iter().enumerate().map(attempt).collect(),
        }
    }

    fn ranked(&self, rule: RankingRule) -> Vec<RankedRow> {
        let entrants = self.attempts.iter().map(|it| (it.registration, None));
        rank(rule, &entrants.collect(), &self.attempts)
    }

    /// Returns the participants in their order with their ranks.
    fn ranks(&self, rule: RankingRule) -> Vec<(u128, Option<u32>)> {
        let rows = self.ranked(rule).into_iter();
        rows.map(|row| (row.registration.0.as_u128(), row.rank))
            .collect()
    }
}

#[test]
fn each_tie_rule_gives_the_ranks_that_its_name_says() {
    let scene = Scene::of(&[(1, Ok(10)), (2, Ok(5)), (3, Ok(5)), (4, Ok(7)), (3, Ok(6))]);
    let ranks = |tie_rule| scene.ranks(RankingRule { tie_rule, ..RULE });
    let [one, two, three, four] = [1, 2, 3, 4].map(Some);
    assert_eq!(
        ranks(TieRule::Shared),
        [(2, one), (3, one), (4, three), (1, four)]
    );
    assert_eq!(
        ranks(TieRule::Dense),
        [(2, one), (3, one), (4, two), (1, three)]
    );
    assert_eq!(
        ranks(TieRule::Countback),
        [(3, one), (2, two), (4, three), (1, four)],
        "the third has another result"
    );
    assert_eq!(
        ranks(TieRule::Earliest),
        [(2, one), (3, two), (4, three), (1, four)]
    );
}

#[test]
fn a_mean_is_exact() {
    let rule = RankingRule {
        aggregate: ResultAggregate::Mean,
        ..RULE
    };
    let thirds = Scene::of(&[3, 3, 4].map(|value| (1, Ok(value))));
    let mut scene = Scene::of(&[(2, Ok(3)), (2, Ok(3)), (1, Ok(3)), (1, Ok(3)), (1, Ok(4))]);
    assert_eq!(thirds.ranked(rule)[0].value, Some(3));
    assert_eq!(
        scene.ranks(rule),
        [(2, Some(1)), (1, Some(2))],
        "3 is before 10/3, although both are shown as 3"
    );
    scene.attempts.truncate(3);
    assert_eq!(scene.ranks(rule), [(1, Some(1)), (2, Some(1))]);
    let halves = Scene::of(&[(1, Ok(1)), (1, Ok(2)), (2, Ok(2)), (3, Ok(-1)), (3, Ok(-2))]);
    let rows = halves.ranked(rule);
    let shown: Vec<_> = rows.iter().map(|row| (row.rank, row.value)).collect();
    assert_eq!(
        shown,
        [(Some(1), Some(-2)), (Some(2), Some(2)), (Some(3), Some(2))],
        "1.5 is shown as 2, and ranked before it"
    );
}

#[test]
fn a_lowest_sum_of_fewer_results_is_not_better() {
    let runs = [
        (1, Ok(50)),
        (2, Ok(40)),
        (3, Ok(45)),
        (1, Ok(52)),
        (2, Ok(70)),
    ];
    let sum = RankingRule {
        aggregate: ResultAggregate::Sum,
        ..RULE
    };
    let ranks = Scene::of(&runs).ranks(sum);
    assert_eq!(ranks, [(1, Some(1)), (2, Some(2)), (3, Some(3))]);
    let highest = RankingRule {
        direction: ResultDirection::Descending,
        ..sum
    };
    let ranks = Scene::of(&runs).ranks(highest);
    assert_eq!(ranks, [(2, Some(1)), (1, Some(2)), (3, Some(3))]);
}

#[test]
fn those_without_a_value_come_last_and_a_disqualification_is_final() {
    use PerformanceStatus::{Dnf, Dns, Dsq};
    let scene = Scene::of(&[
        (1, Err(Dsq)),
        (2, Err(Dns)),
        (3, Err(Dnf)),
        (4, Ok(9)),
        (5, Ok(8)),
        (5, Err(Dnf)),
        (1, Ok(1)),
    ]);
    assert_eq!(
        scene.ranks(RULE),
        [(5, Some(1)), (4, Some(2)), (3, None), (2, None), (1, None)]
    );
    for aggregate in [ResultAggregate::Sum, ResultAggregate::Last] {
        let rule = RankingRule { aggregate, ..RULE };
        let rows = scene.ranked(rule);
        let fifth = rows.iter().find(|row| row.registration == person(5));
        assert_eq!(fifth.map(|row| row.status), Some(Dnf), "{aggregate}");
    }
}

#[test]
fn a_result_that_is_corrected_does_not_count() {
    let mut scene = Scene::of(&[(1, Ok(5)), (2, Ok(6)), (1, Ok(7)), (1, Ok(8))]);
    scene.attempts[2].supersedes = Some(result(0));
    scene.attempts[3].supersedes = Some(result(2));
    let rule = RankingRule {
        aggregate: ResultAggregate::Sum,
        ..RULE
    };
    let rows = scene.ranked(rule);
    let shown: Vec<_> = rows
        .iter()
        .map(|row| (row.registration, row.value))
        .collect();
    assert_eq!(shown, [(person(2), Some(6)), (person(1), Some(8))]);
}

#[test]
fn ranks_are_also_those_of_the_division() {
    let scene = Scene::of(&[(1, Ok(1)), (2, Ok(2)), (3, Ok(2)), (4, Ok(2)), (5, Ok(3))]);
    let (a, b) = (DivisionId::new(), DivisionId::new());
    let divisions = [Some(a), Some(b), Some(a), Some(b), None];
    let entrants = (1..).map(person).zip(divisions).collect();
    let rows = rank(RULE, &entrants, &scene.attempts);
    let ranks: Vec<_> = rows
        .iter()
        .map(|row| (row.rank, row.division_rank))
        .collect();
    let some = |a, b| (Some(a), Some(b));
    assert_eq!(
        ranks,
        [
            some(1, 1),
            some(2, 1),
            some(2, 2),
            some(2, 1),
            (Some(5), None)
        ]
    );
}

#[test]
fn who_is_no_participant_any_more_is_left_out() {
    let scene = Scene::of(&[(1, Ok(1)), (2, Ok(2))]);
    let rows = rank(RULE, &HashMap::from([(person(2), None)]), &scene.attempts);
    let shown: Vec<_> = rows
        .iter()
        .map(|row| (row.registration, row.rank))
        .collect();
    assert_eq!(shown, [(person(2), Some(1))]);
}

fn rules() -> impl Strategy<Value = RankingRule> {
    let parts = (
        select(ResultDirection::ALL),
        select(ResultAggregate::ALL),
        select(TieRule::ALL),
    );
    parts.prop_map(|(direction, aggregate, tie_rule)| RankingRule {
        direction,
        aggregate,
        tie_rule,
    })
}

fn results() -> impl Strategy<Value = Vec<(u128, Result<i64, PerformanceStatus>)>> {
    let statuses = [
        PerformanceStatus::Dnf,
        PerformanceStatus::Dns,
        PerformanceStatus::Dsq,
    ];
    let value = prop_oneof![
        6 => (-4_i64..4).prop_map(Ok),
        1 => select(statuses.to_vec()).prop_map(Err),
    ];
    proptest::collection::vec((0_u128..12, value), 0..40)
}

proptest! {
    #[test]
    fn everybody_with_a_result_is_in_the_standings_once(rule in rules(), results in results()) {
        let rows = Scene::of(&results).ranked(rule);
        let mut shown: Vec<_> = rows.iter().map(|row| row.registration.0.as_u128()).collect();
        shown.sort_unstable();
        let mut all: Vec<_> = results.iter().map(|(person, _)| *person).collect();
        all.sort_unstable();
        all.dedup();
        prop_assert_eq!(shown, all);
    }

    #[test]
    fn ranks_grow_with_the_values_and_only_those_with_a_value_have_one(
        rule in rules(),
        results in results(),
    ) {
        let rows = Scene::of(&results).ranked(rule);
        for row in &rows {
            prop_assert_eq!(row.rank.is_some(), row.status == PerformanceStatus::Ok);
            prop_assert_eq!(row.value.is_some(), row.status == PerformanceStatus::Ok);
        }
        let with_value: Vec<_> = rows.iter().take_while(|row| row.rank.is_some()).collect();
        prop_assert!(rows[with_value.len()..].is_sorted_by_key(|row| row.status));
        for (at, pair) in with_value.windows(2).enumerate() {
            let number = |row: &RankedRow| {
                let own = results.iter().filter(|(one, _)| person(*one) == row.registration);
                own.count()
            };
            let by_number = match rule.lowest_sum() {
                true => number(pair[1]).cmp(&number(pair[0])),
                false => Ordering::Equal,
            };
            let by_value = better_first(rule.direction, pair[0].value.cmp(&pair[1].value));
            prop_assert!(by_number.then(by_value).is_le(), "{:?}", pair);
            let (before, after) = (pair[0].rank.unwrap(), pair[1].rank.unwrap());
            let place = u32::try_from(at).unwrap() + 2;
            let may_follow = match rule.tie_rule {
                TieRule::Dense => after == before || after == before + 1,
                _ => after == before || after == place,
            };
            prop_assert!(may_follow, "{before} {after} at {place}");
            // Times of recording differ, so that this rule leaves no tie.
            prop_assert!(rule.tie_rule != TieRule::Earliest || after > before);
        }
        if let Some(first) = with_value.first() {
            prop_assert_eq!(first.rank, Some(1));
        }
    }

    #[test]
    fn the_order_in_which_results_are_read_does_not_matter(
        rule in rules(),
        results in results(),
        turn in 0_usize..40,
    ) {
        let scene = Scene::of(&results);
        let mut turned = scene.clone();
        if !results.is_empty() {
            turned.attempts.rotate_left(turn % results.len());
        }
        prop_assert_eq!(scene.ranked(rule), turned.ranked(rule));
    }

    #[test]
    fn ranks_in_a_division_are_those_without_the_others(rule in rules(), results in results()) {
        let scene = Scene::of(&results);
        let divisions = [DivisionId::new(), DivisionId::new()];
        let of = |number: u128| divisions[usize::try_from(number % 2).unwrap()];
        let entrants: Entrants = (0..12).map(|it| (person(it), Some(of(it)))).collect();
        let rows = rank(rule, &entrants, &scene.attempts);
        for division in divisions {
            let alone: Entrants = entrants
                .iter()
                .filter(|(_, of)| **of == Some(division))
                .map(|(id, of)| (*id, *of))
                .collect();
            let alone = rank(rule, &alone, &scene.attempts);
            let among_all = rows.iter().filter(|row| row.division == Some(division));
            let among_all: Vec<_> = among_all
                .map(|row| (row.registration, row.division_rank))
                .collect();
            let alone: Vec<_> = alone.iter().map(|row| (row.registration, row.rank)).collect();
            prop_assert_eq!(among_all, alone);
        }
    }

    #[test]
    fn means_are_ordered_as_fractions(
        a in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..8),
        b in proptest::collection::vec(-1_000_000_i64..1_000_000, 1..8),
    ) {
        let rule = RankingRule { aggregate: ResultAggregate::Mean, ..RULE };
        let mut results: Vec<_> = a.iter().map(|value| (1, Ok(*value))).collect();
        results.extend(b.iter().map(|value| (2, Ok(*value))));
        let ranks = Scene::of(&results).ranks(rule);
        // Scaled to a common denominator, the sums are whole numbers.
        let scaled = |own: &[i64], other: &[i64]| own.iter().sum::<i64>() * other.len() as i64;
        let expected = match scaled(&a, &b).cmp(&scaled(&b, &a)) {
            Ordering::Less => [(1, Some(1)), (2, Some(2))],
            Ordering::Equal => [(1, Some(1)), (2, Some(1))],
            Ordering::Greater => [(2, Some(1)), (1, Some(2))],
        };
        prop_assert_eq!(ranks, expected);
    }
}

#[test]
fn a_correction_stands_where_the_result_did_that_it_corrects() {
    let rule = |aggregate, tie_rule| RankingRule {
        aggregate,
        tie_rule,
        ..RULE
    };
    // The first of two runs was 11 instead of 10; then the second one still is the last.
    let mut scene = Scene::of(&[(1, Ok(10)), (1, Ok(20)), (2, Ok(15)), (1, Ok(11))]);
    scene.attempts[3].supersedes = Some(result(0));
    let last = scene.ranked(rule(ResultAggregate::Last, TieRule::Shared));
    assert_eq!(last[1].value, Some(20));
    // Whoever reached 7 first has done so, although it was corrected afterwards.
    let mut scene = Scene::of(&[(2, Ok(8)), (1, Ok(7)), (2, Ok(9)), (2, Ok(7))]);
    scene.attempts[2].supersedes = Some(result(0));
    scene.attempts[3].supersedes = Some(result(2));
    let earliest = scene.ranks(rule(ResultAggregate::Best, TieRule::Earliest));
    assert_eq!(earliest, [(2, Some(1)), (1, Some(2))]);
}
