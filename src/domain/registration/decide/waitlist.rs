//! The waitlist of a competition, as far as a decision needs it: a line for each division. A competition without divisions
//! has one line, that of no division.

use std::collections::VecDeque;

use crate::{
    domain::registration::competition_state::CompetitionState,
    model::{DivisionId, RegistrationId, UserId},
};

/// A registration on the waitlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingRegistration {
    /// The order within the waitlist, which only grows.
    pub seq: i64,
    pub id: RegistrationId,
    /// The participant who waits.
    pub user: UserId,
    pub division: Option<DivisionId>,
}

/// A head of the waitlist that has to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitlistHead {
    /// The division whose registrations are read; `None` in a competition without divisions.
    pub division: Option<DivisionId>,
    /// The number of registrations to read, the first ones.
    pub count: usize,
}

/// The waitlist of a competition, as far as it was read: a line for each division.
#[derive(Debug, Clone, Default)]
pub struct Waitlist {
    lines: Vec<DivisionLine>,
    was_read: bool,
}

/// The registrations that wait for a seat in one division.
#[derive(Debug, Clone)]
struct DivisionLine {
    division: Option<DivisionId>,
    /// The head of the line, in its order.
    read: VecDeque<WaitingRegistration>,
    /// The number of registrations behind those.
    unread: i32,
    /// No registration that was not read has a number up to this.
    read_to: i64,
}

impl DivisionLine {
    const fn unread(division: Option<DivisionId>, unread: i32) -> Self {
        Self {
            division,
            read: VecDeque::new(),
            unread,
            read_to: i64::MIN,
        }
    }
}

impl Waitlist {
    /// Creates the waitlist from the heads that were read, each with how many registrations were asked for. No more
    /// than the first `most` of all are kept.
    #[must_use]
    pub fn new(
        state: &CompetitionState,
        heads: Vec<(WaitlistHead, Vec<WaitingRegistration>)>,
        most: usize,
    ) -> Self {
        let mut numbers: Vec<_> = heads
            .iter()
            .flat_map(|(_, waiting)| waiting.iter().map(|one| one.seq))
            .collect();
        let was_read = !numbers.is_empty();
        numbers.sort_unstable();
        let left_out_from = numbers.get(most).copied();
        let mut lines: Vec<DivisionLine> = match state.divisions.is_empty() {
            true => vec![DivisionLine::unread(None, state.waitlisted)],
            false => {
                let all = state.divisions.iter();
                all.map(|one| DivisionLine::unread(Some(one.id), one.waitlisted))
                    .collect()
            }
        };
        for (head, mut waiting) in heads {
            let Some(line) = lines.iter_mut().find(|line| line.division == head.division) else {
                continue;
            };
            let mut all_read = waiting.len() < head.count;
            if let Some(from) = left_out_from {
                let found = waiting.len();
                waiting.retain(|one| one.seq < from);
                all_read &= waiting.len() == found;
            }
            let kept = i32::try_from(waiting.len()).unwrap_or(i32::MAX);
            line.unread = match all_read {
                true => 0,
                false => line.unread.saturating_sub(kept).max(0),
            };
            line.read_to = match (left_out_from, waiting.last()) {
                (Some(from), _) if waiting.len() < head.count => from - 1,
                (_, Some(last)) => last.seq,
                (_, None) => i64::MIN,
            };
            line.read = waiting.into();
        }
        Self { lines, was_read }
    }

    /// Returns whether any registration was read.
    pub(super) const fn was_read(&self) -> bool {
        self.was_read
    }

    fn line(&mut self, division: Option<DivisionId>) -> &mut DivisionLine {
        let found = self.lines.iter().position(|line| line.division == division);
        let at = found.unwrap_or_else(|| {
            self.lines.push(DivisionLine::unread(division, 0));
            self.lines.len() - 1
        });
        &mut self.lines[at]
    }

    /// Adds a registration at its place: the end, unless it comes back to where it has waited before.
    pub(super) fn push(&mut self, waiting: WaitingRegistration) {
        let line = self.line(waiting.division);
        // Among registrations that were not read, and behind them, only their number is kept.
        if line.unread <= 0 || waiting.seq <= line.read_to {
            let place = line.read.partition_point(|other| other.seq < waiting.seq);
            line.read.insert(place, waiting);
        } else {
            line.unread += 1;
        }
    }

    /// Removes a registration, wherever it waits.
    pub(super) fn remove(&mut self, id: RegistrationId, division: Option<DivisionId>) {
        let line = self.line(division);
        let before = line.read.len();
        line.read.retain(|waiting| waiting.id != id);
        if line.read.len() == before {
            line.unread -= 1;
        }
    }

    /// Removes and returns the first registration whose division has a seat. Returns `None` if there is none, or if
    /// one that was not read may come before it.
    pub(super) fn take_first(
        &mut self,
        has_seat: impl Fn(Option<DivisionId>) -> bool,
    ) -> Option<WaitingRegistration> {
        let with_seat = |line: &&DivisionLine| has_seat(line.division);
        let heads = self.lines.iter().filter(with_seat);
        let first = *heads
            .filter_map(|line| line.read.front())
            .min_by_key(|waiting| waiting.seq)?;
        let comes_before = |line: &DivisionLine| {
            line.read.is_empty() && line.unread > 0 && line.read_to < first.seq
        };
        if self.lines.iter().filter(with_seat).any(comes_before) {
            return None;
        }
        self.line(first.division).read.pop_front()
    }
}
