//! Assertions about the tables that hold after every test.

use std::collections::HashMap;

use mini_compete::{
    model::{
        CodeId, CodeKind, CompetitionId, DivisionId, MessageKind, RegistrationId,
        RegistrationStatus,
    },
    store::{
        Database,
        entity::{code, competition, division, failed_job, message, outbox_job, registration},
    },
};
use sea_orm::{EntityTrait, PaginatorTrait};

/// The competitions and registrations at one time.
#[derive(Debug)]
pub struct TableSnapshot {
    pub competitions: HashMap<CompetitionId, competition::Model>,
    pub registrations: HashMap<RegistrationId, registration::Model>,
    pub divisions: HashMap<DivisionId, division::Model>,
    pub codes: HashMap<CodeId, code::Model>,
}

impl TableSnapshot {
    /// Reads the tables. The test must not change them meanwhile.
    pub async fn read(database: &Database) -> Self {
        let competitions = competition::Entity::find().all(database.read()).await;
        let registrations = registration::Entity::find().all(database.read()).await;
        let divisions = division::Entity::find().all(database.read()).await;
        let codes = code::Entity::find().all(database.read()).await;
        Self {
            codes: codes.unwrap().into_iter().map(|c| (c.id, c)).collect(),
            divisions: divisions.unwrap().into_iter().map(|d| (d.id, d)).collect(),
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
            let mut lines: HashMap<_, (Option<i64>, Option<i64>)> = HashMap::new();
            for one in self.registrations_of(*id) {
                let (last_promoted, first_waiting) = lines.entry(one.division_id).or_default();
                if one.status.holds_seat() {
                    *last_promoted = one.waitlist_seq.max(*last_promoted);
                } else if one.status == RegistrationStatus::Waitlisted {
                    let first = first_waiting
                        .unwrap_or(i64::MAX)
                        .min(one.waitlist_seq.unwrap());
                    *first_waiting = Some(first);
                }
            }
            for (last_promoted, first_waiting) in lines.into_values() {
                assert!(
                    last_promoted.zip(first_waiting).is_none_or(|(a, b)| a < b),
                    "{}: a registration was promoted before one ahead of it in its division",
                    row.title
                );
            }
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
            assert!(row.seats_left >= 0, "{title}: too many seats are taken");
            let is_full = |division: Option<DivisionId>| {
                division.is_some_and(|id| {
                    let division = &self.divisions[&id];
                    division.seats_left == Some(division.seats_reserved)
                })
            };
            let waits_for_nothing = |one: &registration::Model| {
                one.status != RegistrationStatus::Waitlisted || is_full(one.division_id)
            };
            assert!(
                row.open_seats() == 0 || self.registrations_of(*id).all(waits_for_nothing),
                "{title}: {} seats are free while {waitlisted} registrations wait",
                row.seats_left
            );
            self.assert_divisions(row);
            self.assert_codes(row);
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

    /// Asserts the uses of a competition's codes, and the seats that are set aside for them.
    fn assert_codes(&self, competition: &competition::Model) {
        let title = &competition.title;
        let codes = || {
            let all = self.codes.values();
            all.filter(|code| code.competition_id == competition.id)
        };
        for code in codes() {
            let users = self.registrations_of(competition.id);
            let users = users.filter(|row| row.code_id == Some(code.id) && row.status.is_live());
            let users = i32::try_from(users.count()).unwrap();
            assert_eq!(code.uses, users, "{title}: uses of {}", code.label);
            assert!(
                code.uses <= code.max_uses,
                "{title}: a code is used too often"
            );
        }
        let alive = || codes().filter(|code| code.removed_at.is_none());
        let count = i32::try_from(alive().count()).unwrap();
        assert_eq!(competition.code_count, count, "{title}: codes");
        let set_aside = |code: &code::Model| match (code.kind, code.released_at) {
            (CodeKind::Reserved, None) => code.max_uses - code.uses,
            _ => 0,
        };
        let reserved: i32 = alive().map(set_aside).sum();
        assert_eq!(
            competition.seats_reserved, reserved,
            "{title}: seats set aside"
        );
        let divisions = self.divisions.values();
        for division in divisions.filter(|division| division.competition_id == competition.id) {
            let of_it = alive().filter(|code| code.division_id == Some(division.id));
            let reserved: i32 = of_it.map(set_aside).sum();
            assert_eq!(
                division.seats_reserved, reserved,
                "{title}: {}",
                division.name
            );
        }
    }

    /// Asserts the counters of a competition's divisions, and that each live registration is in exactly one of them.
    fn assert_divisions(&self, competition: &competition::Model) {
        let title = &competition.title;
        let is_its = |row: &&division::Model| {
            row.competition_id == competition.id && row.removed_at.is_none()
        };
        let divisions: Vec<_> = self.divisions.values().filter(is_its).collect();
        assert_eq!(competition.has_divisions, !divisions.is_empty(), "{title}");
        for row in &divisions {
            let of_it = || {
                let all = self.registrations_of(competition.id);
                all.filter(|one| one.division_id == Some(row.id))
            };
            let seated = of_it().filter(|one| one.status.holds_seat()).count();
            let waiting = of_it().filter(|one| one.status == RegistrationStatus::Waitlisted);
            let counted = [seated, waiting.count()].map(|n| i32::try_from(n).unwrap());
            assert_eq!([row.taken, row.waitlisted], counted, "{title}: {row:?}");
            assert_eq!(
                row.seats_left,
                row.capacity.map(|capacity| capacity - row.taken)
            );
            assert!(
                row.seats_left.is_none_or(|left| left >= 0),
                "{title}: {row:?}"
            );
        }
        let live = self
            .registrations_of(competition.id)
            .filter(|row| row.status.is_live());
        for row in live {
            let is_one = |id| divisions.iter().any(|division| division.id == id);
            let fits = row.division_id.map_or(divisions.is_empty(), is_one);
            assert!(fits, "{title}: {row:?} is not in exactly one division");
        }
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
