//! Properties of [`decide`]: whatever people do, in whatever order, the promise holds.
//!
//! A [`Town`] plays the database: it hands out what a transaction would read, writes what the plan
//! says, and after each batch looks whether everything is still true.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use super::*;
use crate::{
    domain::Actor,
    model::{CompetitionId, Role, forms::CompetitionInput},
};

/// Something somebody does, small enough for proptest to make and to shrink.
#[derive(Debug, Clone)]
enum Deed {
    Register {
        user: u8,
        key: u8,
        elsewhere: bool,
    },
    /// The registration that was made as the so-manieth, counted round.
    Cancel {
        which: u8,
        by_owner: bool,
    },
    Revise {
        capacity: u8,
        waitlist: bool,
        status: CompetitionStatus,
        starts_in: i8,
        by_owner: bool,
    },
}

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => (0..7_u8, 0..4_u8, prop::bool::weighted(0.1))
            .prop_map(|(user, key, elsewhere)| Deed::Register { user, key, elsewhere }),
        4 => (any::<u8>(), prop::bool::weighted(0.9))
            .prop_map(|(which, by_owner)| Deed::Cancel { which, by_owner }),
        2 => (
            1..6_u8,
            any::<bool>(),
            prop_oneof![9 => Just(CompetitionStatus::Published), 1 => Just(CompetitionStatus::Cancelled)],
            prop_oneof![5 => Just(100_i8), 1 => -2..20_i8],
            prop::bool::weighted(0.9),
        )
            .prop_map(|(capacity, waitlist, status, starts_in, by_owner)| Deed::Revise {
                capacity, waitlist, status, starts_in, by_owner,
            }),
    ]
}

/// Batches of deeds, with the hours that pass before each.
fn days() -> impl Strategy<Value = Vec<(u8, Vec<Deed>)>> {
    vec((0..3_u8, vec(deeds(), 1..9)), 1..9)
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    user: UserId,
    status: RegistrationStatus,
    seq: Option<i64>,
}

/// The tables, as far as one competition goes.
#[derive(Debug, Clone)]
struct Town {
    now: DateTime<Utc>,
    book: Book,
    rows: BTreeMap<RegistrationId, Row>,
    made: Vec<RegistrationId>,
    stored: HashMap<(UserId, IdempotencyKey), Stored>,
}

const KEEP: TimeDelta = TimeDelta::hours(24);
const OWNER: UserId = UserId(Uuid::from_u128(99));

fn person(number: u8) -> UserId {
    UserId(Uuid::from_u128(u128::from(number) + 1))
}

impl Town {
    fn new(capacity: i32, waitlist_enabled: bool) -> Self {
        let now = DateTime::from_timestamp(1_900_000_000, 0).unwrap();
        Self {
            now,
            book: Book {
                id: CompetitionId(Uuid::from_u128(7)),
                organizer: OWNER,
                status: CompetitionStatus::Published,
                capacity,
                seats_left: capacity,
                waitlisted: 0,
                waitlist_seq: 0,
                version: 0,
                waitlist_enabled,
                reg_deadline: now + TimeDelta::hours(100),
                starts_at: now + TimeDelta::hours(100),
            },
            rows: BTreeMap::new(),
            made: Vec::new(),
            stored: HashMap::new(),
        }
    }

    fn command(&self, deed: &Deed) -> Command {
        match *deed {
            Deed::Register {
                user,
                key,
                elsewhere,
            } => Command::Register {
                user: person(user),
                key: IdempotencyKey::parse(&format!("k{key}")).unwrap(),
                fingerprint: if elsewhere { "there" } else { "here" }.to_owned(),
            },
            Deed::Cancel { which, by_owner } => {
                let at = usize::from(which) % self.made.len().max(1);
                let registration = self.made.get(at).copied();
                let owner = registration.map_or(OWNER, |id| self.rows[&id].user);
                Command::Cancel {
                    registration: registration.unwrap_or(RegistrationId(Uuid::from_u128(1))),
                    by: if by_owner { owner } else { OWNER },
                }
            }
            Deed::Revise {
                capacity,
                waitlist,
                status,
                starts_in,
                by_owner,
            } => {
                let starts_at = self.now + TimeDelta::hours(starts_in.into());
                let input = CompetitionInput {
                    title: "Race".to_owned(),
                    description: String::new(),
                    capacity: capacity.into(),
                    reg_deadline: starts_at,
                    starts_at,
                    ends_at: None,
                    location: String::new(),
                    tags: Vec::new(),
                    waitlist_enabled: waitlist,
                    status,
                };
                Command::Revise(Box::new(Revision {
                    by: Actor {
                        id: if by_owner { OWNER } else { person(0) },
                        role: Role::Organizer,
                    },
                    input,
                    expected_version: None,
                }))
            }
        }
    }

    /// What `load` would read: no more of the queue than it would.
    fn snapshot(&self, commands: &[Command]) -> Snapshot {
        let mut snapshot = Snapshot {
            book: Some(self.book.clone()),
            ..Snapshot::default()
        };
        for command in commands {
            match command {
                Command::Register { user, key, .. } => {
                    snapshot.people.insert(*user);
                    let asked = (*user, key.clone());
                    let stored = self.stored.get(&asked);
                    if let Some(stored) = stored.filter(|stored| self.now < stored.expires_at) {
                        snapshot.stored.insert(asked, stored.clone());
                    }
                    let live = self.live().filter(|(_, row)| row.user == *user);
                    snapshot.live.extend(live.map(as_live));
                }
                Command::Cancel { registration, .. } => match self.rows.get(registration) {
                    Some(row) if row.status.is_live() => {
                        snapshot.live.push(as_live((registration, row)));
                    }
                    Some(row) => {
                        snapshot.gone.insert(*registration, row.user);
                    }
                    None => {}
                },
                Command::Revise(_) => {}
            }
        }
        let heads = self.book.heads(commands);
        snapshot.queue = self.waiting().into_iter().take(heads).collect();
        snapshot
    }

    fn live(&self) -> impl Iterator<Item = (&RegistrationId, &Row)> {
        self.rows.iter().filter(|(_, row)| row.status.is_live())
    }

    /// The queue, from its head.
    fn waiting(&self) -> Vec<(RegistrationId, UserId)> {
        let mut waiting: Vec<_> = self
            .rows
            .iter()
            .filter(|(_, row)| row.status == RegistrationStatus::Waitlisted)
            .collect();
        waiting.sort_by_key(|(_, row)| row.seq);
        waiting
            .into_iter()
            .map(|(id, row)| (*id, row.user))
            .collect()
    }

    /// One transaction.
    fn serve(&mut self, commands: &[Command]) -> Vec<Reply> {
        let mut next = u128::try_from(self.made.len()).unwrap() + 1_000;
        let fresh = || {
            next += 1;
            RegistrationId(Uuid::from_u128(next))
        };
        let plan = decide(self.snapshot(commands), commands, self.now, KEEP, fresh).unwrap();
        assert_eq!(plan.replies.len(), commands.len());
        assert_eq!(
            plan.book.is_some(),
            plan.moves_somebody() || plan.revision.is_some(),
            "the row is written exactly when something changed"
        );
        // In the order in which `write` writes, with the unique index watching.
        let (new, old): (Vec<_>, Vec<_>) = plan
            .promote
            .iter()
            .partition(|id| plan.insert.iter().any(|row| row.id == **id));
        self.set(&old, RegistrationStatus::Pending);
        let cancel: Vec<_> = plan.cancel.iter().collect();
        self.set(&cancel, RegistrationStatus::Cancelled);
        for new in &plan.insert {
            let (id, user) = (new.id, new.user);
            let twice = self.live().any(|(_, row)| row.user == user);
            assert!(!twice, "one live registration a person, at every moment");
            self.made.push(id);
            let row = Row {
                user,
                status: new.status,
                seq: new.waitlist_seq,
            };
            assert_eq!(self.rows.insert(id, row), None);
        }
        self.set(&new, RegistrationStatus::Pending);
        for (user, key, stored) in &plan.remember {
            self.stored.insert((*user, key.clone()), stored.clone());
        }
        if let Some(book) = plan.book {
            assert_eq!(plan.was_version, self.book.version);
            assert!(book.version > self.book.version, "the version grows");
            self.book = book;
        }
        assert_eq!(
            plan.notices.len(),
            plan.insert.len() + plan.promote.len() + plan.cancel.len(),
            "everyone who moves is told, once"
        );
        self.assert_promise();
        plan.replies
    }

    fn set(&mut self, ids: &[&RegistrationId], status: RegistrationStatus) {
        for id in ids {
            self.rows.get_mut(id).unwrap().status = status;
        }
    }

    fn assert_promise(&self) {
        let book = &self.book;
        assert!((0..=book.capacity).contains(&book.seats_left), "{book:?}");
        let seated = self.rows.values().filter(|row| row.status.holds_seat());
        let seated = i32::try_from(seated.count()).unwrap();
        assert_eq!(book.capacity - book.seats_left, seated, "seats are kept");
        let waiting = self.waiting();
        assert_eq!(usize::try_from(book.waitlisted).unwrap(), waiting.len());
        let mut people: Vec<_> = self.live().map(|(_, row)| row.user).collect();
        people.sort();
        let lives = people.len();
        people.dedup();
        assert_eq!(lives, people.len(), "one live registration a person");
        let open = book.status == CompetitionStatus::Published && self.now < book.starts_at;
        assert!(
            !open || book.seats_left == 0 || waiting.is_empty(),
            "a seat stands free while somebody queues for it"
        );
        let promoted = self.rows.values().filter(|row| row.status.holds_seat());
        let last_in = promoted.filter_map(|row| row.seq).max();
        let first_out = waiting.first().and_then(|(id, _)| self.rows[id].seq);
        if let (Some(last_in), Some(first_out)) = (last_in, first_out) {
            assert!(last_in < first_out, "somebody overtook");
        }
    }

    /// One command alone, with what its reply must mean.
    fn serve_one(&mut self, command: &Command) -> Reply {
        let before = self.clone();
        let reply = self.serve(std::slice::from_ref(command)).remove(0);
        let queue_before = before.waiting();
        match (command, &reply) {
            (
                Command::Register {
                    user, fingerprint, ..
                },
                Reply::Answer { stored, replayed },
            ) => {
                assert_eq!(&stored.fingerprint, fingerprint);
                let has_one = before.live().any(|(_, row)| row.user == *user);
                let answer = stored.answer(*replayed).read().unwrap();
                match answer {
                    _ if *replayed => {}
                    Ok(view) if view.status == RegistrationStatus::Waitlisted => {
                        assert_eq!(self.book.seats_left, 0, "who queues does so for a reason");
                        let place = view.waitlist_position.unwrap();
                        assert_eq!(usize::try_from(place).unwrap(), self.waiting().len());
                    }
                    Ok(_) => {
                        assert!(before.book.seats_left > 0 && !has_one);
                        let still = self.waiting().len();
                        assert_eq!(still, 0, "a newcomer got a seat while somebody queues");
                    }
                    Err(Refusal::CompetitionFull) => {
                        assert_eq!(self.book.seats_left, 0, "\"full\" while seats are left");
                    }
                    Err(Refusal::AlreadyRegistered) => assert!(has_one),
                    Err(Refusal::RegistrationClosed) => {
                        assert!(!before.book.takes_registrations(self.now));
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
            (Command::Cancel { registration, .. }, Reply::Done(Ok(()))) => {
                let now = &self.rows[registration];
                assert_eq!(now.status, RegistrationStatus::Cancelled);
            }
            (Command::Revise(_), Reply::Done(Ok(()))) => {
                let moved = queue_before.len() - self.waiting().len();
                assert!(self.book.seats_left == 0 || moved == queue_before.len() || !self.open());
            }
            (_, Reply::Done(Err(_))) => {}
            (command, reply) => panic!("{reply:?} to {command:?}"),
        }
        reply
    }

    fn open(&self) -> bool {
        self.book.status == CompetitionStatus::Published && self.now < self.book.starts_at
    }
}

fn as_live((id, row): (&RegistrationId, &Row)) -> Live {
    Live {
        id: *id,
        user: row.user,
        status: row.status,
    }
}

proptest! {
    #[test]
    fn whatever_people_do_the_promise_holds(capacity in 1..5_i32, waitlist: bool, days in days()) {
        let mut town = Town::new(capacity, waitlist);
        for (hours, deeds) in days {
            town.now += TimeDelta::hours(hours.into());
            let commands: Vec<_> = deeds.iter().map(|deed| town.command(deed)).collect();
            town.serve(&commands);
        }
    }

    #[test]
    fn each_answer_means_what_it_says(capacity in 1..5_i32, waitlist: bool, days in days()) {
        let mut town = Town::new(capacity, waitlist);
        for (hours, deeds) in days {
            town.now += TimeDelta::hours(hours.into());
            for deed in deeds {
                let command = town.command(&deed);
                town.serve_one(&command);
            }
        }
    }

    /// So everything that holds for one at a time holds for batches.
    #[test]
    fn who_is_served_in_a_batch_is_served_as_if_alone(
        capacity in 1..5_i32, waitlist: bool, days in days(),
    ) {
        let (mut together, mut alone) = (Town::new(capacity, waitlist), Town::new(capacity, waitlist));
        for (hours, deeds) in days {
            together.now += TimeDelta::hours(hours.into());
            alone.now = together.now;
            let commands: Vec<_> = deeds.iter().map(|deed| together.command(deed)).collect();
            let replies = together.serve(&commands);
            let one_by_one: Vec<_> = commands.iter().map(|c| alone.serve_one(c)).collect();
            prop_assert_eq!(replies, one_by_one);
            alone.book.version = together.book.version;
            prop_assert_eq!(&alone.book, &together.book);
            prop_assert_eq!(&alone.rows, &together.rows);
            prop_assert_eq!(&alone.stored, &together.stored);
        }
    }

    #[test]
    fn a_repeat_gets_the_first_answer_until_it_expires(
        capacity in 1..3_i32, waitlist: bool, days in days(), elsewhere: bool, late: bool,
    ) {
        let mut town = Town::new(capacity, waitlist);
        let ask = |town: &Town, elsewhere| town.command(&Deed::Register { user: 0, key: 9, elsewhere });
        let first = ask(&town, false);
        let Reply::Answer { stored: first_answer, replayed: false } = town.serve_one(&first) else {
            panic!("not answered");
        };
        for (_, deeds) in days {
            let commands: Vec<_> = deeds.iter().map(|deed| town.command(deed)).collect();
            town.serve(&commands);
        }
        if late {
            town.now += KEEP;
        }
        let again = ask(&town, elsewhere);
        let reply = town.serve_one(&again);
        match (late, elsewhere) {
            (true, _) => {
                let anew = matches!(reply, Reply::Answer { replayed: false, .. });
                prop_assert!(anew);
            }
            (false, true) => prop_assert_eq!(reply, Reply::Done(Err(Refusal::IdempotencyKeyReused))),
            (false, false) => {
                let expected = Reply::Answer { stored: first_answer, replayed: true };
                prop_assert_eq!(reply, expected);
            }
        }
    }
}

#[test]
fn a_seat_given_back_and_taken_in_one_batch_is_a_change() {
    let mut town = Town::new(1, false);
    let take = |town: &Town, user| {
        let (key, elsewhere) = (0, false);
        town.command(&Deed::Register {
            user,
            key,
            elsewhere,
        })
    };
    let first = take(&town, 0);
    town.serve_one(&first);
    let version = town.book.version;
    let give_back = town.command(&Deed::Cancel {
        which: 0,
        by_owner: true,
    });
    let second = take(&town, 1);
    town.serve(&[give_back, second]);
    assert!(town.book.version > version);
}

#[test]
fn a_capacity_that_is_refused_does_not_hide_the_queue_from_one_that_is_granted() {
    let mut town = Town::new(2, true);
    let take = |user| Deed::Register {
        user,
        key: 0,
        elsewhere: false,
    };
    let revise = |capacity| Deed::Revise {
        capacity,
        waitlist: true,
        status: CompetitionStatus::Published,
        starts_in: 100,
        by_owner: true,
    };
    for user in 0..4 {
        let command = town.command(&take(user));
        town.serve_one(&command);
    }
    let commands = [revise(1), revise(3), take(5)].map(|deed| town.command(&deed));
    let replies = town.serve(&commands);
    assert_eq!(
        replies[0],
        Reply::Done(Err(Refusal::CapacityBelowRegistrations))
    );
    assert_eq!(town.waiting().len(), 2);
}
