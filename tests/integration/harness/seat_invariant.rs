//! Assertions about the tables that hold after every test.

use std::collections::HashMap;

use mini_compete::{
    model::{CompetitionId, MessageKind, RegistrationId, RegistrationStatus},
    store::{
        Database,
        entity::{competition, failed_job, message, outbox_job, registration},
    },
};
use sea_orm::{EntityTrait, PaginatorTrait};

/// The competitions and registrations at one time.
#[derive(Debug)]
pub struct TableSnapshot {
    pub competitions: HashMap<CompetitionId, competition::Model>,
    pub registrations: HashMap<RegistrationId, registration::Model>,
}

impl TableSnapshot {
    /// Reads the tables. The test must not change them meanwhile.
    pub async fn read(database: &Database) -> Self {
        let competitions = competition::Entity::find().all(database.read()).await;
        let registrations = registration::Entity::find().all(database.read()).await;
        Self {
            competitions: competitions
                .unwrap()
                .into_iter()
                .map(|c| (c.id, c))
                .collect(),
            registrations: registrations
                .unwrap()
                .into_iter()
                .map(|r| (r.id, r))
                .collect(),
        }
    }

    /// Returns the registrations for a competition.
    pub fn registrations_of(
        &self,
        id: CompetitionId,
    ) -> impl Iterator<Item = &registration::Model> {
        let all = self.registrations.values();
        all.filter(move |row| row.competition_id == id)
    }

    /// Asserts the seat invariant, the waitlist counter, one live registration a participant, no free seat
    /// while a registration waits, and the order of promotions. Returns the number of taken seats.
    pub fn assert_seat_invariant(&self) -> i32 {
        for (id, row) in &self.competitions {
            let with_seat = self
                .registrations_of(*id)
                .filter(|row| row.status.holds_seat());
            let waiting = self
                .registrations_of(*id)
                .filter(|row| row.status == RegistrationStatus::Waitlisted);
            let last_promoted = with_seat.filter_map(|row| row.waitlist_seq).max();
            let first_waiting = waiting.filter_map(|row| row.waitlist_seq).min();
            assert!(
                last_promoted.zip(first_waiting).is_none_or(|(a, b)| a < b),
                "{}: a registration was promoted before one ahead of it",
                row.title
            );
        }
        self.assert_seats()
    }

    /// Asserts what [`assert_seat_invariant`](Self::assert_seat_invariant) does without the order of promotions, which
    /// an organizer may change. Returns the number of taken seats.
    pub fn assert_seats(&self) -> i32 {
        let mut taken = 0;
        for (id, row) in &self.competitions {
            let title = &row.title;
            let count = |matches: fn(RegistrationStatus) -> bool| {
                i32::try_from(
                    self.registrations_of(*id)
                        .filter(|r| matches(r.status))
                        .count(),
                )
                .unwrap()
            };
            let seated = count(RegistrationStatus::holds_seat);
            let waitlisted = count(|status| status == RegistrationStatus::Waitlisted);
            assert_eq!(row.capacity - row.seats_left, seated, "{title}: seats");
            assert_eq!(row.waitlisted, waitlisted, "{title}: waitlist counter");
            assert!(
                row.seats_left >= 0 && (row.seats_left == 0 || waitlisted == 0),
                "{title}: {} seats are free while {waitlisted} registrations wait",
                row.seats_left
            );
            let mut participants: Vec<_> = self
                .registrations_of(*id)
                .filter(|row| row.status.is_live())
                .map(|row| row.user_id)
                .collect();
            participants.sort_unstable();
            let live_registrations = participants.len();
            participants.dedup();
            assert_eq!(
                participants.len(),
                live_registrations,
                "{title}: a participant has two live registrations"
            );
            taken += seated;
        }
        taken
    }

    /// Asserts that no job is open and no dead letter exists, and that each registration has exactly the
    /// messages that belong to its history.
    pub async fn assert_messages(&self, database: &Database) {
        assert_eq!(open_jobs(database).await, 0, "open jobs");
        let dead = failed_job::Entity::find().count(database.read()).await;
        assert_eq!(dead.unwrap(), 0, "dead letters");
        let mut counts = HashMap::<_, i32>::new();
        let all = message::Entity::find().all(database.read()).await.unwrap();
        for message in &all {
            *counts
                .entry((message.registration_id, message.kind))
                .or_default() += 1;
        }
        for row in self.registrations.values() {
            let count_of = |kind| counts.remove(&(Some(row.id), kind)).unwrap_or(0);
            let actual = [
                MessageKind::Confirmation,
                MessageKind::Waitlist,
                MessageKind::Promotion,
                MessageKind::Cancellation,
            ]
            .map(count_of);
            let waited = i32::from(row.waitlist_seq.is_some());
            let promoted = i32::from(row.promoted_at.is_some());
            let cancelled = i32::from(row.status == RegistrationStatus::Cancelled);
            assert_eq!(actual, [1 - waited, waited, promoted, cancelled], "{row:?}");
            assert_ne!(row.status, RegistrationStatus::Pending, "{row:?}");
        }
        assert!(
            counts.is_empty(),
            "messages about no registration: {counts:?}"
        );
    }
}

/// Returns the number of open jobs.
pub async fn open_jobs(database: &Database) -> u64 {
    outbox_job::Entity::find()
        .count(database.read())
        .await
        .unwrap()
}
