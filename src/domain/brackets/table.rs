//! The standings of a round robin and of the Swiss system: a pure function of the matches.

use std::cmp::Reverse;

use crate::model::{BracketTieRule, MatchOutcome};

/// Points for a draw.
const DRAW_POINTS: u32 = 1;

/// A match that counts in the standings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CountedMatch {
    pub first: usize,
    /// The opponent; none with a bye, which counts as a victory.
    pub second: Option<usize>,
    pub outcome: MatchOutcome,
    pub scores: Option<[u32; 2]>,
}

/// An entrant in the standings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TableRow {
    pub entrant: usize,
    /// The rank, from 1. Those whom the tie rule does not separate share one, and the next ones are skipped.
    pub rank: u32,
    pub points: u32,
    pub won: u32,
    pub drawn: u32,
    pub lost: u32,
    pub byes: u32,
    /// The sum of the entrant's own scores, and of the opponents'.
    pub scored: i64,
    pub conceded: i64,
    /// What the tie rule compares.
    pub tie_break: i64,
}

/// Makes the standings of all entrants, the best first.
pub(super) fn table(
    entrants: usize,
    matches: &[CountedMatch],
    win_points: u32,
    rule: BracketTieRule,
) -> Vec<TableRow> {
    let entrant = |entrant| TableRow {
        entrant,
        ..TableRow::default()
    };
    let mut rows: Vec<TableRow> = (0..entrants).map(entrant).collect();
    for counted in matches {
        count(&mut rows, counted, win_points);
    }
    let points: Vec<u32> = rows.iter().map(|row| row.points).collect();
    let breaks = tie_breaks(&rows, &points, matches, win_points, rule);
    for (row, tie_break) in rows.iter_mut().zip(breaks) {
        row.tie_break = tie_break;
    }
    let order = |row: &TableRow| (Reverse(row.points), Reverse(row.tie_break));
    rows.sort_by_key(|row| (order(row), row.entrant));
    let mut before: Option<(_, u32)> = None;
    for (row, place) in rows.iter_mut().zip(1..) {
        let own = order(row);
        row.rank = match before {
            Some((same, rank)) if same == own => rank,
            _ => place,
        };
        before = Some((own, row.rank));
    }
    rows
}

/// Returns the points of both sides.
fn points_of(outcome: MatchOutcome, win_points: u32) -> [u32; 2] {
    match outcome {
        MatchOutcome::First => [win_points, 0],
        MatchOutcome::Second => [0, win_points],
        MatchOutcome::Draw => [DRAW_POINTS; 2],
    }
}

fn count(rows: &mut [TableRow], counted: &CountedMatch, win_points: u32) {
    let points = points_of(counted.outcome, win_points);
    let sides = [Some(counted.first), counted.second];
    for (side, entrant) in sides.into_iter().enumerate() {
        let Some(row) = entrant.and_then(|entrant| rows.get_mut(entrant)) else {
            continue;
        };
        row.points += points[side];
        match (counted.second, counted.outcome, side) {
            (None, _, _) => row.byes += 1,
            (_, MatchOutcome::Draw, _) => row.drawn += 1,
            (_, MatchOutcome::First, 0) | (_, MatchOutcome::Second, 1) => row.won += 1,
            _ => row.lost += 1,
        }
        if let Some(scores) = counted.scores {
            row.scored += i64::from(scores[side]);
            row.conceded += i64::from(scores[1 - side]);
        }
    }
}

/// Returns what the rule compares between entrants with the same points, for each entrant.
fn tie_breaks(
    rows: &[TableRow],
    points: &[u32],
    matches: &[CountedMatch],
    win_points: u32,
    rule: BracketTieRule,
) -> Vec<i64> {
    let mut breaks = vec![0; rows.len()];
    if rule == BracketTieRule::Score {
        return rows.iter().map(|row| row.scored - row.conceded).collect();
    }
    let of = |entrant: usize| points.get(entrant).copied().unwrap_or(0);
    for counted in matches {
        let Some(second) = counted.second else {
            continue;
        };
        let own = points_of(counted.outcome, win_points);
        for (side, (one, other)) in [(counted.first, second), (second, counted.first)]
            .into_iter()
            .enumerate()
        {
            let Some(tie_break) = breaks.get_mut(one) else {
                continue;
            };
            *tie_break += match rule {
                BracketTieRule::HeadToHead if of(one) == of(other) => i64::from(own[side]),
                BracketTieRule::HeadToHead | BracketTieRule::Score => 0,
                BracketTieRule::Buchholz => i64::from(of(other)),
                // Twice the usual number, so that it is whole.
                BracketTieRule::SonnebornBerger => match won_by(counted.outcome, side) {
                    Some(true) => 2 * i64::from(of(other)),
                    Some(false) => 0,
                    None => i64::from(of(other)),
                },
            };
        }
    }
    breaks
}

/// Returns whether a side has won; none after a draw.
fn won_by(outcome: MatchOutcome, side: usize) -> Option<bool> {
    match outcome {
        MatchOutcome::First => Some(side == 0),
        MatchOutcome::Second => Some(side == 1),
        MatchOutcome::Draw => None,
    }
}
