//! Assertions about the tables that hold after any test.

use std::collections::HashMap;

use mini_compete::{
    model::{CompetitionId, MessageKind, RegistrationId, RegistrationStatus},
    store::{
        Database,
        entity::{competition, failed_job, message, outbox_job, registration},
    },
};
use sea_orm::{EntityTrait, PaginatorTrait};

/// The tables at one moment.
#[derive(Debug)]
pub struct TableSnapshot {
    pub competitions: HashMap<CompetitionId, competition::Model>,
    pub registrations: HashMap<RegistrationId, registration::Model>,
}

impl TableSnapshot {
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

    pub fn of(&self, id: CompetitionId) -> impl Iterator<Item = &registration::Model> {
        let all = self.registrations.values();
        all.filter(move |row| row.competition_id == id)
    }

    /// Asserts the seat invariant, the waitlist counter, one live registration a participant, no free seat
    /// while a registration waits, and the order of promotions. Returns the number of taken seats.
    pub fn assert_seat_invariant(&self) -> i32 {
        let mut taken = 0;
        for (id, row) in &self.competitions {
            let title = &row.title;
            let count = |wanted: fn(RegistrationStatus) -> bool| {
                i32::try_from(self.of(*id).filter(|r| wanted(r.status)).count()).unwrap()
            };
            let seated = count(RegistrationStatus::holds_seat);
            let queued = count(|status| status == RegistrationStatus::Waitlisted);
            assert_eq!(row.capacity - row.seats_left, seated, "{title}: seats");
            assert_eq!(row.waitlisted, queued, "{title}: queue");
            assert!(
                row.seats_left >= 0 && (row.seats_left == 0 || queued == 0),
                "{title}: {} seats are free while {queued} queue",
                row.seats_left
            );
            let mut people: Vec<_> = self
                .of(*id)
                .filter(|row| row.status.is_live())
                .map(|row| row.user_id)
                .collect();
            people.sort_unstable();
            let lives = people.len();
            people.dedup();
            assert_eq!(
                people.len(),
                lives,
                "{title}: one live registration a person"
            );
            let in_seats = self.of(*id).filter(|row| row.status.holds_seat());
            let waiting = self
                .of(*id)
                .filter(|row| row.status == RegistrationStatus::Waitlisted);
            let last_in = in_seats.filter_map(|row| row.waitlist_seq).max();
            let first_out = waiting.filter_map(|row| row.waitlist_seq).min();
            assert!(
                last_in.zip(first_out).is_none_or(|(a, b)| a < b),
                "{title}: somebody overtook"
            );
            taken += seated;
        }
        taken
    }

    /// Asserts that each registration has exactly the messages it must have, once no job is open.
    pub async fn assert_messages(&self, database: &Database) {
        assert_eq!(open_jobs(database).await, 0, "jobs are left");
        let dead = failed_job::Entity::find().count(database.read()).await;
        assert_eq!(dead.unwrap(), 0, "dead letters");
        let mut letters = HashMap::<_, i32>::new();
        let all = message::Entity::find().all(database.read()).await.unwrap();
        for letter in &all {
            *letters
                .entry((letter.registration_id, letter.kind))
                .or_default() += 1;
        }
        for row in self.registrations.values() {
            let of = |kind| letters.remove(&(Some(row.id), kind)).unwrap_or(0);
            let got = [
                MessageKind::Confirmation,
                MessageKind::Waitlist,
                MessageKind::Promotion,
                MessageKind::Cancellation,
            ]
            .map(of);
            let queued = i32::from(row.waitlist_seq.is_some());
            let promoted = i32::from(row.promoted_at.is_some());
            let cancelled = i32::from(row.status == RegistrationStatus::Cancelled);
            assert_eq!(got, [1 - queued, queued, promoted, cancelled], "{row:?}");
            assert_ne!(row.status, RegistrationStatus::Pending, "{row:?}");
        }
        assert!(letters.is_empty(), "letters about nobody: {letters:?}");
    }
}

/// Returns the number of open jobs.
pub async fn open_jobs(database: &Database) -> u64 {
    outbox_job::Entity::find()
        .count(database.read())
        .await
        .unwrap()
}
