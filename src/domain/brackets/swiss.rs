//! Pairing of a round of the Swiss system: a pure function of the points so far and of who has met whom.
//!
//! Entrants are paired within groups of equal points, the upper half against the lower half; whoever is left over floats
//! to the next group. With an odd number, the lowest one who had the fewest byes has a bye. Nobody meets the same
//! opponent twice as long as any pairing avoids that: if the search in the usual order takes more than [`STEPS`] steps,
//! a maximum matching decides ([`super::matching`]).

use std::collections::BTreeSet;

use super::matching::maximum_matching;

/// The most steps of the searches for a pairing. They bound its time.
const STEPS: usize = 20_000;

/// An entrant who is to be paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PairedEntrant {
    pub entrant: usize,
    pub points: u32,
    /// The number of byes so far.
    pub byes: u32,
}

/// Who has met whom: pairs with the lower number first.
pub(super) type Meetings = BTreeSet<[usize; 2]>;

/// Returns a pair in the order in which meetings have it.
pub(super) fn ordered([one, other]: [usize; 2]) -> [usize; 2] {
    [one.min(other), one.max(other)]
}

/// A pair, or an entrant with a bye.
pub(super) type Pairing = (usize, Option<usize>);

/// Entrants in the order of their ranks, and who of them has met whom, by their places in that order.
struct PairingField<'a> {
    entrants: &'a [PairedEntrant],
    met: Vec<bool>,
}

impl<'a> PairingField<'a> {
    fn new(entrants: &'a [PairedEntrant], met: &Meetings) -> Self {
        let pairs = entrants
            .iter()
            .flat_map(|one| entrants.iter().map(|other| [one.entrant, other.entrant]));
        Self {
            entrants,
            met: pairs.map(|pair| met.contains(&ordered(pair))).collect(),
        }
    }

    fn have_met(&self, one: usize, other: usize) -> bool {
        self.met[one * self.entrants.len() + other]
    }

    /// Returns pairs of places as pairs of entrants, with a bye.
    fn named(&self, pairs: Vec<[usize; 2]>, bye: Option<usize>) -> Vec<Pairing> {
        let entrant = |place: usize| self.entrants[place].entrant;
        let pairs = pairs.into_iter();
        let pairs = pairs.map(|[one, other]| (entrant(one), Some(entrant(other))));
        pairs
            .chain(bye.map(|place| (entrant(place), None)))
            .collect()
    }
}

/// Pairs a round. `entrants` are in the order of their ranks, the best first.
pub(super) fn pair(entrants: &[PairedEntrant], met: &Meetings) -> Vec<Pairing> {
    let field = PairingField::new(entrants, met);
    let byes: Vec<Option<usize>> = match entrants.len() % 2 {
        0 => vec![None],
        _ => {
            let fewest = entrants.iter().map(|it| it.byes).min();
            let places = (0..entrants.len()).rev();
            let places = places.filter(|place| Some(entrants[*place].byes) == fewest);
            places.map(Some).collect()
        }
    };
    let mut steps = STEPS;
    for bye in &byes {
        if let Some(pairs) = search(&field, *bye, &mut steps) {
            return field.named(pairs, *bye);
        }
    }
    let mut least: Option<(usize, Vec<Pairing>)> = None;
    for bye in byes {
        let (pairs, again) = matched(&field, bye);
        if least.as_ref().is_none_or(|(fewest, _)| again < *fewest) {
            least = Some((again, field.named(pairs, bye)));
        }
        if again == 0 {
            break;
        }
    }
    least.map_or_else(Vec::new, |(_, pairs)| pairs)
}

/// Searches for a pairing in the usual order without anybody meeting again. Returns none if there is none, or if it takes
/// more steps than are left.
fn search(
    field: &PairingField<'_>,
    bye: Option<usize>,
    steps: &mut usize,
) -> Option<Vec<[usize; 2]>> {
    /// A pair that was tried: the entrant, the opponents in the order in which they are tried, and the next one of them.
    struct Tried {
        one: usize,
        opponents: Vec<usize>,
        next: usize,
    }
    let mut is_free: Vec<bool> = (0..field.entrants.len())
        .map(|place| Some(place) != bye)
        .collect();
    let mut tried: Vec<Tried> = Vec::new();
    loop {
        let Some(one) = is_free.iter().position(|free| *free) else {
            let pairs = tried.iter().map(|it| [it.one, it.opponents[it.next - 1]]);
            return Some(pairs.collect());
        };
        is_free[one] = false;
        tried.push(Tried {
            one,
            opponents: opponents(field, &is_free, one),
            next: 0,
        });
        // Takes the next opponent, or goes back to the pair before.
        loop {
            *steps = steps.checked_sub(1)?;
            let last = tried.last_mut()?;
            if last.next > 0 {
                is_free[last.opponents[last.next - 1]] = true;
            }
            match last.opponents.get(last.next) {
                Some(other) => {
                    is_free[*other] = false;
                    last.next += 1;
                    break;
                }
                None => {
                    is_free[last.one] = true;
                    tried.pop();
                    // With nothing before, there is no pairing.
                    tried.last()?;
                }
            }
        }
    }
}

/// Returns whom the first free entrant may meet, in the order of preference: those with the same points, from the middle
/// of them on, then the others by their ranks.
fn opponents(field: &PairingField<'_>, is_free: &[bool], one: usize) -> Vec<usize> {
    let entrants = field.entrants;
    let free = (one + 1..entrants.len()).filter(|place| is_free[*place]);
    let (equal, lower): (Vec<_>, Vec<_>) =
        free.partition(|place| entrants[*place].points == entrants[one].points);
    let middle = equal.len().div_ceil(2).saturating_sub(1);
    let (upper, rest) = equal.split_at(middle);
    let order = rest.iter().chain(upper.iter().rev()).chain(&lower);
    order
        .copied()
        .filter(|place| !field.have_met(one, *place))
        .collect()
}

/// Pairs as many as possible without anybody meeting again, and the others in their order. Returns how many meet again.
fn matched(field: &PairingField<'_>, bye: Option<usize>) -> (Vec<[usize; 2]>, usize) {
    let plays = |place: usize| Some(place) != bye;
    let may_meet = |one: usize, other: usize| {
        one != other && plays(one) && plays(other) && !field.have_met(one, other)
    };
    let mates = maximum_matching(field.entrants.len(), may_meet);
    let mut pairs = Vec::new();
    let mut left = Vec::new();
    for (place, mate) in mates.iter().enumerate() {
        match mate {
            Some(other) if place < *other => pairs.push([place, *other]),
            Some(_) => {}
            None if plays(place) => left.push(place),
            None => {}
        }
    }
    let again = left.len() / 2;
    pairs.extend(left.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
    (pairs, again)
}
