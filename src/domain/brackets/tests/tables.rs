//! Standings and their tie rules.

use crate::{
    domain::brackets::table::{CountedMatch, TableRow, table},
    model::{BracketTieRule, MatchOutcome},
};

use MatchOutcome::{Draw, First, Second};

fn game(first: usize, second: usize, outcome: MatchOutcome, scores: [u32; 2]) -> CountedMatch {
    CountedMatch {
        first,
        second: Some(second),
        outcome,
        scores: Some(scores),
    }
}

/// Returns the entrants with their ranks and what the tie rule compares.
fn ranked(rows: &[TableRow]) -> Vec<(usize, u32, i64)> {
    let rows = rows.iter();
    rows.map(|row| (row.entrant, row.rank, row.tie_break))
        .collect()
}

/// Four entrants, of whom 0 and 1 have four points each, and 2 and 3 two.
fn matches() -> [CountedMatch; 6] {
    [
        game(0, 1, Second, [1, 2]),
        game(0, 2, First, [9, 0]),
        game(0, 3, First, [1, 0]),
        game(1, 2, Second, [0, 3]),
        game(1, 3, First, [1, 0]),
        game(2, 3, Second, [0, 1]),
    ]
}

#[test]
fn each_tie_rule_separates_entrants_with_equal_points_in_its_way() {
    let of = |rule| ranked(&table(4, &matches(), 2, rule));
    assert_eq!(
        of(BracketTieRule::HeadToHead),
        [(1, 1, 2), (0, 2, 0), (3, 3, 2), (2, 4, 0)]
    );
    assert_eq!(
        of(BracketTieRule::Score),
        [(0, 1, 9), (1, 2, -1), (3, 3, -1), (2, 4, -7)]
    );
    assert_eq!(
        of(BracketTieRule::SonnebornBerger),
        [(1, 1, 12), (0, 2, 8), (2, 3, 8), (3, 4, 4)]
    );
    // Everybody has met everybody, so that those with equal points have equal sums.
    assert_eq!(
        of(BracketTieRule::Buchholz),
        [(0, 1, 8), (1, 1, 8), (2, 3, 10), (3, 3, 10)]
    );
}

#[test]
fn a_draw_has_one_point_and_a_bye_counts_as_a_victory() {
    let bye = CountedMatch {
        first: 2,
        second: None,
        outcome: First,
        scores: None,
    };
    let rows = table(
        3,
        &[game(0, 1, Draw, [1, 1]), bye],
        3,
        BracketTieRule::Score,
    );
    let facts: Vec<_> = rows
        .iter()
        .map(|row| (row.entrant, row.points, row.won, row.drawn, row.byes))
        .collect();
    assert_eq!(facts, [(2, 3, 0, 0, 1), (0, 1, 0, 1, 0), (1, 1, 0, 1, 0)]);
    assert_eq!(rows[1].rank, rows[2].rank);
}
