//! What differs between two versions of standings: a pure function.

use std::collections::{HashMap, HashSet};

use super::{published::RankChange, rank::RankedRow};

/// Returns what differs, in the order of the new version: first those whose own result has changed, who are new or who are
/// gone, and then those whose rank has changed with them.
pub(super) fn differences(before: &[RankedRow], after: &[RankedRow]) -> Vec<RankChange> {
    let known: HashMap<_, _> = before
        .iter()
        .map(|row| (row.registration, row.standing()))
        .collect();
    let remaining: HashSet<_> = after.iter().map(|row| row.registration).collect();
    let (mut own, mut moved) = (Vec::new(), Vec::new());
    for row in after {
        let former = known.get(&row.registration).copied();
        let standing = row.standing();
        if former == Some(standing) {
            continue;
        }
        let is_moved = former.is_some_and(|former| {
            (former.status, former.value) == (standing.status, standing.value)
        });
        let list = if is_moved { &mut moved } else { &mut own };
        list.push(RankChange {
            registration: row.registration,
            before: former,
            after: Some(standing),
        });
    }
    let gone = before
        .iter()
        .filter(|row| !remaining.contains(&row.registration));
    own.extend(gone.map(|row| RankChange {
        registration: row.registration,
        before: Some(row.standing()),
        after: None,
    }));
    own.append(&mut moved);
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PerformanceStatus, RegistrationId};

    #[test]
    fn those_whose_own_result_changed_come_before_those_who_moved() {
        let ids = [(); 4].map(|()| RegistrationId::new());
        let row = |(person, value): (usize, i64), rank: u32| RankedRow {
            registration: ids[person],
            division: None,
            rank: Some(rank),
            division_rank: None,
            status: PerformanceStatus::Ok,
            value: Some(value),
        };
        let list = |rows: &[(usize, i64)]| -> Vec<_> {
            rows.iter()
                .zip(1..)
                .map(|(one, rank)| row(*one, rank))
                .collect()
        };
        let before = list(&[(0, 10), (1, 20), (2, 30)]);
        let after = list(&[(1, 20), (0, 25), (3, 40)]);
        assert_eq!(differences(&before, &before), []);
        let changes = differences(&before, &after);
        let shown: Vec<_> = changes
            .iter()
            .map(|change| {
                let rank = |it: Option<crate::model::StandingView>| it.and_then(|it| it.rank);
                let person = ids
                    .iter()
                    .position(|id| *id == change.registration)
                    .unwrap();
                (person, rank(change.before), rank(change.after))
            })
            .collect();
        assert_eq!(
            shown,
            [
                (0, Some(1), Some(2)),
                (3, None, Some(3)),
                (2, Some(3), None),
                (1, Some(2), Some(1)),
            ]
        );
    }
}
