//! Counts of registrations by minute and by quarter of an hour, for organizers.
//!
//! They are written in the transaction of the registrations, hence exact: a batch adds to two rows, in the statement
//! that writes it anyway (decision 0030). The row lock of the competition makes all who add to them take turns.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseBackend, DbErr};

use super::decide::{Plan, RegistrationCounts};
use crate::{
    model::CompetitionId,
    store::{Writes, bulk::Cells},
};

/// The lengths of the periods that are counted, in minutes. Hours and days of every time zone consist of quarters of
/// an hour.
pub(super) const COUNTED_MINUTES: [i32; 2] = [1, 15];

/// Adds what the plans change to the counts of the minute and of the quarter of an hour in which `now` is.
///
/// # Errors
/// Never returns an error in practice, since the columns have the same length.
pub(super) fn add_counts(
    writes: &mut Writes,
    backend: DatabaseBackend,
    plans: &[(CompetitionId, Plan)],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let minute = now.timestamp().div_euclid(60);
    let rows: Vec<_> = plans
        .iter()
        .filter(|(_, plan)| plan.counts != RegistrationCounts::default())
        .flat_map(|(id, plan)| COUNTED_MINUTES.map(|minutes| (*id, minutes, plan.counts)))
        .collect();
    // PostgreSQL keeps the plan of a statement that inserts a single row, and most batches change one competition.
    let at_once = match rows.len() {
        2 => 1,
        length => length.max(1),
    };
    for rows in rows.chunks(at_once) {
        let count = |count: fn(&RegistrationCounts) -> i32| {
            Cells::Int(rows.iter().map(|(.., counts)| count(counts)).collect())
        };
        let first = |minutes: i32| minute - minute.rem_euclid(minutes.into());
        let columns = vec![
            (
                "competition_id",
                Cells::Uuid(rows.iter().map(|(id, ..)| id.0).collect()),
            ),
            (
                "minutes",
                Cells::Int(rows.iter().map(|(_, minutes, _)| *minutes).collect()),
            ),
            (
                "first_minute",
                Cells::BigInt(rows.iter().map(|(_, minutes, _)| first(*minutes)).collect()),
            ),
            ("registered", count(|counts| counts.registered)),
            ("waitlisted", count(|counts| counts.waitlisted)),
            ("promoted", count(|counts| counts.promoted)),
            ("cancelled", count(|counts| counts.cancelled)),
            ("left_waitlist", count(|counts| counts.left_waitlist)),
        ];
        let conflict = "ON CONFLICT (competition_id, minutes, first_minute) DO UPDATE SET \
                        registered = registration_counts.registered + excluded.registered, \
                        waitlisted = registration_counts.waitlisted + excluded.waitlisted, \
                        promoted = registration_counts.promoted + excluded.promoted, \
                        cancelled = registration_counts.cancelled + excluded.cancelled, \
                        left_waitlist = registration_counts.left_waitlist + excluded.left_waitlist";
        writes.insert(backend, "registration_counts", columns, conflict)?;
    }
    Ok(())
}
