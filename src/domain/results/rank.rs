//! Which ranks participants have: a pure function from the settings of a stage and the results in it.
//!
//! 1. Of each participant, the results that no other one corrects count.
//! 2. The aggregate makes one value of them, or says why there is none. A disqualification in any of them is final.
//! 3. Participants with a value are sorted by it, and the tie rule decides about equal ones.
//! 4. Those without follow: who did not finish, who did not start, who was disqualified. They have no rank.
//!
//! | aggregate | value | without a value if |
//! | --- | --- | --- |
//! | `BEST` | the best result | there is none |
//! | `LAST` | the result that was recorded last; a correction stands where the first result did | that one has none |
//! | `SUM`, `MEAN` | the sum or the mean of all | one of them has none |
//!
//! Means are compared as fractions, so that no rounding decides about a rank. Where the lowest sum is the best, as with the
//! times of several runs, those with more results come first: a sum of two runs is not better than one of three.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, HashMap, HashSet},
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{
    DivisionId, PerformanceId, PerformanceStatus, RegistrationId, ResultAggregate, ResultDirection,
    StandingView, TieRule,
};

/// The settings of a stage on which ranks depend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RankingRule {
    pub direction: ResultDirection,
    pub aggregate: ResultAggregate,
    pub tie_rule: TieRule,
}

impl RankingRule {
    /// Returns whether the lowest sum is the best.
    fn lowest_sum(self) -> bool {
        self.aggregate == ResultAggregate::Sum && self.direction == ResultDirection::Ascending
    }
}

/// A result as it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RankedAttempt {
    pub id: PerformanceId,
    pub registration: RegistrationId,
    /// The value; none unless the status is `OK`.
    pub value: Option<i64>,
    pub status: PerformanceStatus,
    pub at: DateTime<Utc>,
    pub supersedes: Option<PerformanceId>,
}

/// A participant who may be ranked, in the division if there is one.
pub(super) type Entrants = HashMap<RegistrationId, Option<DivisionId>>;

/// A participant in standings, as it is stored: short names, since there may be very many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RankedRow {
    #[serde(rename = "r")]
    pub registration: RegistrationId,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub division: Option<DivisionId>,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub division_rank: Option<u32>,
    #[serde(rename = "s")]
    pub status: PerformanceStatus,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
}

impl RankedRow {
    /// Returns where the participant is.
    pub(super) const fn standing(&self) -> StandingView {
        StandingView {
            rank: self.rank,
            division_rank: self.division_rank,
            status: self.status,
            value: self.value,
        }
    }
}

/// A value as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ExactValue {
    sum: i128,
    /// The number by which the sum is divided, at least 1.
    count: i128,
}

impl ExactValue {
    fn compare(self, other: Self) -> Ordering {
        (self.sum * other.count).cmp(&(other.sum * self.count))
    }

    /// Returns the value as a whole number, rounded half away from zero.
    fn rounded(self) -> i64 {
        let magnitude = (2 * self.sum.abs() + self.count) / (2 * self.count);
        let magnitude = i64::try_from(magnitude).unwrap_or(i64::MAX);
        if self.sum < 0 { -magnitude } else { magnitude }
    }
}

/// A participant with a value.
struct Ranked {
    registration: RegistrationId,
    division: Option<DivisionId>,
    value: ExactValue,
    /// The single values, the best one first.
    values: Vec<i64>,
    /// When the value was reached.
    reached_at: DateTime<Utc>,
}

/// Ranks participants. Results of those who are not among `entrants` do not count. The order of participants with equal
/// ranks is that of their ids, so that the same results always make the same standings.
pub(super) fn rank(
    rule: RankingRule,
    entrants: &Entrants,
    attempts: &[RankedAttempt],
) -> Vec<RankedRow> {
    let superseded: HashSet<_> = attempts.iter().filter_map(|it| it.supersedes).collect();
    let mut by_entrant: BTreeMap<RegistrationId, Vec<&RankedAttempt>> = BTreeMap::new();
    for attempt in attempts {
        if entrants.contains_key(&attempt.registration) && !superseded.contains(&attempt.id) {
            let of_entrant = by_entrant.entry(attempt.registration);
            of_entrant.or_default().push(attempt);
        }
    }
    let corrected = corrected(attempts);
    let mut ranked = Vec::new();
    let mut others = Vec::new();
    for (registration, attempts) in by_entrant {
        let attempts = attempts.into_iter();
        // A correction stands where what it corrects did.
        let mut attempts: Vec<_> = attempts
            .map(|attempt| (first_of(attempt, &corrected), attempt))
            .collect();
        attempts.sort_by_key(|(first, _)| (first.at, first.id));
        let attempts: Vec<_> = attempts
            .into_iter()
            .map(|(first, attempt)| RankedAttempt {
                at: first.at,
                ..*attempt
            })
            .collect();
        let division = entrants.get(&registration).copied().flatten();
        match aggregated(rule, &attempts) {
            Ok((value, reached_at)) => {
                let mut values: Vec<_> = attempts.iter().filter_map(|it| it.value).collect();
                values.sort_by(|a, b| better_first(rule.direction, a.cmp(b)));
                ranked.push(Ranked {
                    registration,
                    division,
                    value,
                    values,
                    reached_at,
                });
            }
            Err(status) => others.push(RankedRow {
                registration,
                division,
                rank: None,
                division_rank: None,
                status,
                value: None,
            }),
        }
    }
    // Both sorts are stable, so that equal ones stay in the order of their ids.
    ranked.sort_by(|a, b| compare(rule, a, b));
    others.sort_by_key(|row| row.status);
    let mut rows = ranks(rule, &ranked);
    rows.append(&mut others);
    rows
}

/// Returns the results that another one corrects, by their ids.
fn corrected(attempts: &[RankedAttempt]) -> HashMap<PerformanceId, &RankedAttempt> {
    let corrected: HashSet<_> = attempts.iter().filter_map(|it| it.supersedes).collect();
    let corrected = attempts.iter().filter(|it| corrected.contains(&it.id));
    corrected.map(|it| (it.id, it)).collect()
}

/// Returns what a result corrects in the end: the one that was recorded first. It may have been recorded after the freeze
/// of the standings, in which case the correction stands for itself.
fn first_of<'a>(
    attempt: &'a RankedAttempt,
    corrected: &HashMap<PerformanceId, &'a RankedAttempt>,
) -> &'a RankedAttempt {
    let former = |attempt: &RankedAttempt| corrected.get(&attempt.supersedes?).copied();
    // Each correction is newer than what it corrects, so that this ends; the number of steps is bounded all the same.
    let chain = std::iter::successors(Some(attempt), |attempt| former(attempt));
    chain.take(corrected.len() + 1).last().unwrap_or(attempt)
}

/// Returns the value that counts and when it was reached, or why there is none. The results are in their order.
fn aggregated(
    rule: RankingRule,
    attempts: &[RankedAttempt],
) -> Result<(ExactValue, DateTime<Utc>), PerformanceStatus> {
    use PerformanceStatus as S;
    let is = |status| attempts.iter().any(|attempt| attempt.status == status);
    if is(S::Dsq) {
        return Err(S::Dsq);
    }
    let values = || {
        let with_value = |attempt: &RankedAttempt| Some((attempt.value?, attempt.at));
        attempts.iter().filter_map(with_value)
    };
    let single = |(value, at): (i64, DateTime<Utc>)| {
        let value = ExactValue {
            sum: value.into(),
            count: 1,
        };
        (value, at)
    };
    let without = if is(S::Dnf) { S::Dnf } else { S::Dns };
    match rule.aggregate {
        ResultAggregate::Best => {
            // Of equal values the first one, which was reached earlier.
            let best = match rule.direction {
                ResultDirection::Ascending => values().min_by_key(|(value, _)| *value),
                ResultDirection::Descending => values().min_by_key(|(value, _)| Reverse(*value)),
            };
            best.map(single).ok_or(without)
        }
        ResultAggregate::Last => {
            let last = attempts.last().ok_or(without)?;
            let value = last.value.ok_or(last.status)?;
            Ok(single((value, last.at)))
        }
        ResultAggregate::Sum | ResultAggregate::Mean => {
            let (count, last) = (values().count(), attempts.last().ok_or(without)?);
            if count < attempts.len() {
                return Err(without);
            }
            let sum = values().map(|(value, _)| i128::from(value)).sum();
            let count = match rule.aggregate {
                ResultAggregate::Mean => i128::try_from(count).unwrap_or(i128::MAX),
                _ => 1,
            };
            Ok((ExactValue { sum, count }, last.at))
        }
    }
}

fn better_first(direction: ResultDirection, order: Ordering) -> Ordering {
    match direction {
        ResultDirection::Ascending => order,
        ResultDirection::Descending => order.reverse(),
    }
}

/// Compares two participants; those who tie are equal.
fn compare(rule: RankingRule, a: &Ranked, b: &Ranked) -> Ordering {
    let by_number = if rule.lowest_sum() {
        b.values.len().cmp(&a.values.len())
    } else {
        Ordering::Equal
    };
    let by_value = || better_first(rule.direction, a.value.compare(b.value));
    by_number
        .then_with(by_value)
        .then_with(|| match rule.tie_rule {
            TieRule::Shared | TieRule::Dense => Ordering::Equal,
            TieRule::Countback => countback(rule.direction, &a.values, &b.values),
            TieRule::Earliest => a.reached_at.cmp(&b.reached_at),
        })
}

/// Compares single values from the best one on. Who has more of them is first if the others are equal.
fn countback(direction: ResultDirection, a: &[i64], b: &[i64]) -> Ordering {
    let pairs = a.iter().zip(b);
    let mut different = pairs.map(|(a, b)| better_first(direction, a.cmp(b)));
    let first = different.find(|order| order.is_ne());
    first.unwrap_or_else(|| b.len().cmp(&a.len()))
}

/// Gives the ranks to participants in their order, among all and in their division.
fn ranks(rule: RankingRule, sorted: &[Ranked]) -> Vec<RankedRow> {
    let mut overall = Ranks::default();
    let mut of_divisions: HashMap<DivisionId, (Ranks, usize)> = HashMap::new();
    let mut rows = Vec::with_capacity(sorted.len());
    for (at, one) in sorted.iter().enumerate() {
        let ties_with = |other: usize| compare(rule, &sorted[other], one).is_eq();
        let ties = at > 0 && ties_with(at - 1);
        let division_rank = one.division.map(|division| {
            let (ranks, previous) = of_divisions.entry(division).or_default();
            let ties = ranks.given > 0 && ties_with(*previous);
            *previous = at;
            ranks.next(rule.tie_rule, ties)
        });
        rows.push(RankedRow {
            registration: one.registration,
            division: one.division,
            rank: Some(overall.next(rule.tie_rule, ties)),
            division_rank,
            status: PerformanceStatus::Ok,
            value: Some(one.value.rounded()),
        });
    }
    rows
}

/// The ranks that were given so far in a list.
#[derive(Debug, Default)]
struct Ranks {
    /// The number of participants who have one.
    given: u32,
    /// The rank of the last of them.
    last: u32,
}

impl Ranks {
    /// Returns the rank of the next participant, who may tie with the one before.
    fn next(&mut self, rule: TieRule, ties: bool) -> u32 {
        self.given += 1;
        self.last = match (ties, rule) {
            (true, _) => self.last,
            (false, TieRule::Dense) => self.last + 1,
            (false, _) => self.given,
        };
        self.last
    }
}

#[cfg(test)]
mod tests;
