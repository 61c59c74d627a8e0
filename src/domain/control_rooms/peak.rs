//! The second in which most registrations came.
//!
//! It is the same in every process, since all find it in the database: at first in the busiest minutes, whose numbers
//! are known (`registration_counts`), and then in the seconds that have passed since the last snapshot.

use std::cmp::Reverse;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::queries::Queries;
use crate::{
    model::{CompetitionId, StatisticsBucket},
    store::InfrastructureError,
};

/// For how long registrations may come into a second that has passed: those that are being committed have an earlier
/// time, and the clocks of processes differ.
const SETTLING: TimeDelta = TimeDelta::seconds(5);
/// After a longer time without a snapshot, the busiest minutes are read again instead of all seconds since.
const LONGEST_GAP: TimeDelta = TimeDelta::minutes(1);
/// The number of minutes in which the busiest second is looked for, those with the most registrations.
const BUSIEST_MINUTES: usize = 30;
/// After so many registrations it is looked for in no further minute.
const MOST_READ: u64 = 200_000;

/// What this process knows of the second in which most registrations of a competition came.
#[derive(Debug, Default)]
pub(super) struct Peak {
    /// The number of registrations, and the beginning of the second.
    reached: Option<(u64, DateTime<Utc>)>,
    /// Until when this is known.
    known_until: Option<DateTime<Utc>>,
}

impl Peak {
    /// Returns the number of registrations in the busiest second until now, and the beginning of that second. `minutes`
    /// are those in which anything has happened.
    pub(super) async fn until(
        &mut self,
        at: DateTime<Utc>,
        queries: &Queries,
        id: CompetitionId,
        minutes: &[StatisticsBucket],
    ) -> Result<Option<(u64, DateTime<Utc>)>, InfrastructureError> {
        let known = self.known_until.filter(|known| at - *known <= LONGEST_GAP);
        if known.is_none() {
            self.look_back(queries, id, minutes).await?;
        }
        let from = known.unwrap_or(at).min(at) - SETTLING;
        let newest = queries
            .busiest_second(id, from.trunc_subsecs(0), at + SETTLING)
            .await?;
        self.reach(newest);
        self.known_until = Some(at);
        Ok(self.reached)
    }

    /// Looks for the busiest second in the busiest minutes. A minute with fewer registrations than a known second has
    /// none that is busier.
    async fn look_back(
        &mut self,
        queries: &Queries,
        id: CompetitionId,
        minutes: &[StatisticsBucket],
    ) -> Result<(), InfrastructureError> {
        let mut busiest: Vec<_> = minutes
            .iter()
            .map(|minute| {
                let counts = minute.counts;
                (counts.registered + counts.waitlisted, minute.start)
            })
            .collect();
        busiest.sort_unstable_by_key(|(number, start)| (Reverse(*number), *start));
        let mut read = 0;
        for (number, start) in busiest.into_iter().take(BUSIEST_MINUTES) {
            if number <= self.reached.map_or(0, |(reached, _)| reached) || read >= MOST_READ {
                break;
            }
            read += number;
            let end = start + TimeDelta::minutes(1);
            self.reach(queries.busiest_second(id, start, end).await?);
        }
        Ok(())
    }

    /// Takes a second into account. Of equal ones, the first counts.
    fn reach(&mut self, second: Option<(u64, DateTime<Utc>)>) {
        let Some((number, start)) = second else {
            return;
        };
        let is_greater = self
            .reached
            .is_none_or(|(most, first)| number > most || (number == most && start < first));
        if is_greater {
            self.reached = Some((number, start));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_the_first_of_the_busiest_seconds() {
        let second = |number: i64| DateTime::UNIX_EPOCH + TimeDelta::seconds(number);
        let mut peak = Peak::default();
        for reached in [
            Some((3, second(9))),
            None,
            Some((5, second(12))),
            Some((5, second(11))),
            Some((5, second(13))),
            Some((4, second(1))),
        ] {
            peak.reach(reached);
        }
        assert_eq!(peak.reached, Some((5, second(11))));
    }
}
