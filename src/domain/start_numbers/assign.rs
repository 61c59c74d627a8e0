//! Which participant gets which start number: a pure function.
//!
//! A division with a range has numbers of its own; all others share the numbers from the rule's first one on, without those
//! of the ranges. A number that anybody ever had is skipped, also that of a cancelled registration, so gaps stay.

use std::collections::{HashMap, HashSet};

use crate::model::{DivisionId, RegistrationId, forms::START_NUMBER_MAX};

/// A participant without a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub id: RegistrationId,
    pub division: Option<DivisionId>,
}

/// The start numbers of a division, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NumberRange {
    pub from: u32,
    pub to: u32,
}

/// Who gets which number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The numbers, in the order of the participants.
    pub given: Vec<(RegistrationId, u32)>,
    /// Those for whom no number is left.
    pub without: Vec<RegistrationId>,
}

/// Gives numbers to participants in their order. `used` are those that anybody ever had.
pub(super) fn assign(
    candidates: &[Candidate],
    used: &HashSet<u32>,
    ranges: &HashMap<DivisionId, NumberRange>,
    first: u32,
) -> Assignment {
    let shared = NumberRange {
        from: first,
        to: u32::try_from(START_NUMBER_MAX).unwrap_or(u32::MAX),
    };
    let is_reserved = |number: u32| {
        let mut ranges = ranges.values();
        ranges.any(|range| (range.from..=range.to).contains(&number))
    };
    let mut given: HashSet<u32> = HashSet::new();
    // Where to go on in each range, so that each number is looked at once.
    let mut next: HashMap<NumberRange, u32> = HashMap::new();
    let mut assignment = Assignment::default();
    for candidate in candidates {
        let own = candidate.division.and_then(|id| ranges.get(&id)).copied();
        let range = own.unwrap_or(shared);
        let at = next.entry(range).or_insert(range.from);
        let is_free = |number: &u32| {
            let is_taken = used.contains(number) || given.contains(number);
            !is_taken && (own.is_some() || !is_reserved(*number))
        };
        match (*at..=range.to).find(is_free) {
            Some(number) => {
                given.insert(number);
                *at = number + 1;
                assignment.given.push((candidate.id, number));
            }
            None => {
                *at = range.to + 1;
                assignment.without.push(candidate.id);
            }
        }
    }
    assignment
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn people(divisions: &[Option<DivisionId>]) -> Vec<Candidate> {
        let candidate = |division: &Option<DivisionId>| Candidate {
            id: RegistrationId::new(),
            division: *division,
        };
        divisions.iter().map(candidate).collect()
    }

    fn numbers(assignment: &Assignment) -> Vec<u32> {
        assignment.given.iter().map(|(_, number)| *number).collect()
    }

    #[test]
    fn numbers_follow_the_order_and_skip_those_that_anybody_ever_had() {
        let assignment = assign(
            &people(&[None; 4]),
            &HashSet::from([2, 3, 6]),
            &HashMap::new(),
            1,
        );
        assert_eq!(numbers(&assignment), [1, 4, 5, 7]);
        let assignment = assign(&people(&[None; 2]), &HashSet::new(), &HashMap::new(), 500);
        assert_eq!(numbers(&assignment), [500, 501]);
    }

    #[test]
    fn a_division_has_numbers_of_its_own_which_nobody_else_gets() {
        let (a, b) = (DivisionId::new(), DivisionId::new());
        let ranges = HashMap::from([(a, NumberRange { from: 2, to: 3 })]);
        let people = people(&[Some(a), Some(b), Some(a), Some(b), Some(a), None]);
        let assignment = assign(&people, &HashSet::new(), &ranges, 1);
        assert_eq!(numbers(&assignment), [2, 1, 3, 4, 5]);
        assert_eq!(assignment.without, [people[4].id], "the range is used up");
    }

    #[test]
    fn two_divisions_may_share_a_range() {
        let (a, b) = (DivisionId::new(), DivisionId::new());
        let range = NumberRange { from: 10, to: 12 };
        let ranges = HashMap::from([(a, range), (b, NumberRange { from: 10, to: 11 })]);
        let assignment = assign(
            &people(&[Some(a), Some(b), Some(a), Some(b)]),
            &HashSet::new(),
            &ranges,
            1,
        );
        assert_eq!(numbers(&assignment), [10, 11, 12]);
        assert_eq!(assignment.without.len(), 1);
    }

    proptest! {
        #[test]
        fn no_number_is_given_twice_or_outside_of_its_range(
            divisions in proptest::collection::vec(proptest::option::of(0_usize..3), 0..60),
            used in proptest::collection::hash_set(1_u32..60, 0..30),
            bounds in proptest::collection::vec((1_u32..40, 0_u32..30), 2),
            first in 1_u32..50,
        ) {
            let ids = [DivisionId::new(), DivisionId::new(), DivisionId::new()];
            // The third division has no range.
            let range = |(from, length): &(u32, u32)| NumberRange { from: *from, to: from + length };
            let ranges: HashMap<_, _> = ids.iter().copied().zip(bounds.iter().map(range)).collect();
            let divisions: Vec<_> = divisions.iter().map(|it| it.map(|at| ids[at])).collect();
            let people = people(&divisions);
            let assignment = assign(&people, &used, &ranges, first);
            prop_assert_eq!(assignment.given.len() + assignment.without.len(), people.len());
            let mut seen = used.clone();
            for (id, number) in &assignment.given {
                prop_assert!(seen.insert(*number), "{} twice", number);
                let person = people.iter().find(|person| person.id == *id).unwrap();
                match person.division.and_then(|id| ranges.get(&id)) {
                    Some(range) => prop_assert!((range.from..=range.to).contains(number)),
                    None => prop_assert!(*number >= first),
                }
            }
            for id in &assignment.without {
                let person = people.iter().find(|person| person.id == *id).unwrap();
                let range = person.division.and_then(|id| ranges.get(&id)).unwrap();
                prop_assert!((range.from..=range.to).all(|number| seen.contains(&number)));
            }
        }
    }
}
