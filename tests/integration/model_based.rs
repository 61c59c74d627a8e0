//! Random interleavings against an oracle that fits on a page.
//!
//! Everything random comes from a seed. A failure names it; `MODEL_SEED=n` runs that one alone.

use std::{collections::HashMap, env};

use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    domain::{
        self, Actor,
        registration::{Outcome, RegistrationReply},
    },
    model::{
        CompetitionId, DomainError, IdempotencyKey, RegistrationId, RegistrationStatus, UserView,
        forms::CompetitionInput,
    },
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{both, harness::App};

both!(
    one_deed_after_another_ends_as_the_oracle_says,
    deeds_all_at_once_keep_the_promise,
);

/// Deeds in one run.
const DEEDS: usize = 250;
const PEOPLE: usize = 12;

fn seeds() -> Vec<u64> {
    match env::var("MODEL_SEED") {
        Ok(seed) => vec![seed.parse().expect("MODEL_SEED is a number")],
        Err(_) => vec![1, 2, 3],
    }
}

/// An action of a participant or organizer.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Register {
        who: usize,
        place: usize,
        key: u32,
    },
    /// Somebody asks again what was asked as the so-manieth.
    Repeat(usize),
    /// The so-manieth registration that was made.
    Cancel(usize),
    Revise {
        place: usize,
        capacity: i64,
        waitlist: bool,
    },
    TimePasses,
}

fn deed(random: &mut StdRng) -> Deed {
    let (who, place) = (random.random_range(0..PEOPLE), random.random_range(0..2));
    match random.random_range(0..100) {
        0..50 => Deed::Register {
            who,
            place,
            // Few keys, so that they compete.
            key: random.random_range(0..12),
        },
        50..65 => Deed::Repeat(random.random_range(0..1_000)),
        65..88 => Deed::Cancel(random.random_range(0..1_000)),
        88..97 => Deed::Revise {
            place,
            capacity: random.random_range(1..7),
            waitlist: random.random_bool(0.7),
        },
        _ => Deed::TimePasses,
    }
}

/// What the oracle says to a request to register.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Says {
    Seat,
    Place(u32),
    No(DomainError),
}

impl From<&RegistrationReply> for Says {
    fn from(answer: &RegistrationReply) -> Self {
        match answer.outcome().unwrap() {
            Outcome::Registered(view) => {
                assert_eq!(view.status, RegistrationStatus::Pending);
                Self::Seat
            }
            Outcome::Waitlisted(view) => Self::Place(view.waitlist_position.unwrap()),
            Outcome::Refused(error) => Self::No(error.clone()),
        }
    }
}

/// One competition as anybody would keep it on paper.
#[derive(Debug, Clone)]
struct Paper {
    capacity: usize,
    waitlist: bool,
    closes: DateTime<Utc>,
    seated: Vec<usize>,
    queue: Vec<usize>,
}

impl Paper {
    fn register(&mut self, who: usize, now: DateTime<Utc>) -> Says {
        if self.seated.contains(&who) || self.queue.contains(&who) {
            Says::No(DomainError::AlreadyRegistered)
        } else if now >= self.closes {
            Says::No(DomainError::RegistrationClosed)
        } else if self.seated.len() < self.capacity {
            self.seated.push(who);
            Says::Seat
        } else if self.waitlist {
            self.queue.push(who);
            Says::Place(self.queue.len().try_into().unwrap())
        } else {
            Says::No(DomainError::CompetitionFull)
        }
    }

    fn give_back(&mut self, who: usize) {
        self.seated.retain(|seated| *seated != who);
        self.queue.retain(|queued| *queued != who);
        self.promote();
    }

    fn revise(&mut self, capacity: usize, waitlist: bool) -> Result<(), DomainError> {
        if capacity < self.seated.len() {
            return Err(DomainError::CapacityBelowRegistrations);
        }
        (self.capacity, self.waitlist) = (capacity, waitlist);
        self.promote();
        Ok(())
    }

    fn promote(&mut self) {
        while self.seated.len() < self.capacity && !self.queue.is_empty() {
            self.seated.push(self.queue.remove(0));
        }
    }
}

/// Somebody's request that was answered.
#[derive(Debug, Clone)]
struct Asked {
    who: usize,
    place: usize,
    key: u32,
}

struct World<'a> {
    app: &'a App,
    organizer: UserView,
    places: Vec<CompetitionId>,
    people: Vec<Actor>,
}

impl<'a> World<'a> {
    async fn new(app: &'a App, seed: u64) -> Self {
        let organizer = app
            .account(
                &format!("Model {seed}"),
                mini_compete::model::Role::Organizer,
            )
            .await;
        let mut places = Vec::new();
        for _ in 0..2 {
            places.push(app.competition_of(&organizer, 3, true).await.id);
        }
        Self {
            app,
            organizer,
            places,
            people: app.people(PEOPLE).await,
        }
    }

    async fn register(&self, asked: &Asked) -> domain::Result<RegistrationReply> {
        let key = IdempotencyKey::parse(&format!("key-{}", asked.key)).unwrap();
        let (who, place) = (self.people[asked.who], self.places[asked.place]);
        self.app
            .services
            .registrations
            .register(who, place, &key)
            .await
    }

    async fn cancel(&self, who: usize, id: RegistrationId) -> domain::Result<()> {
        self.app
            .services
            .registrations
            .cancel(self.people[who], id)
            .await
    }

    async fn revise(&self, place: usize, capacity: i64, waitlist: bool) -> domain::Result<()> {
        let competitions = &self.app.services.competitions;
        let view = competitions.get(self.places[place], None).await?;
        let input = CompetitionInput {
            capacity,
            waitlist_enabled: waitlist,
            ..CompetitionInput::from(&view)
        };
        let by = Actor::from(&self.organizer);
        competitions
            .edit(by, view.id, input, None)
            .await
            .map(|_| ())
    }
}

fn refusal<T>(result: domain::Result<T>) -> Result<T, DomainError> {
    result.map_err(|error| match error {
        domain::Error::Domain(refusal) => refusal,
        domain::Error::Infrastructure(fault) => panic!("{fault}"),
    })
}

async fn one_deed_after_another_ends_as_the_oracle_says(app: App) {
    for seed in seeds() {
        let world = World::new(&app, seed).await;
        let mut random = StdRng::seed_from_u64(seed);
        let view = app.services.competitions.get(world.places[0], None).await;
        let paper = Paper {
            capacity: 3,
            waitlist: true,
            closes: view.unwrap().reg_deadline,
            seated: Vec::new(),
            queue: Vec::new(),
        };
        let mut papers = [paper.clone(), paper];
        let mut asked: Vec<Asked> = Vec::new();
        let mut answers: HashMap<(usize, u32), (usize, RegistrationReply, DateTime<Utc>)> =
            HashMap::new();
        let mut made: Vec<(usize, usize, RegistrationId)> = Vec::new();

        for step in 0..DEEDS {
            let mut deed = deed(&mut random);
            let at = format!("MODEL_SEED={seed} step {step}: {deed:?}");
            if let Deed::Repeat(which) = deed {
                let Some(again) = asked.get(which % asked.len().max(1)) else {
                    continue;
                };
                let Asked { who, place, key } = *again;
                deed = Deed::Register { who, place, key };
            }
            let now = app.clock.now();
            match deed {
                Deed::Register { who, place, key } => {
                    let this = Asked { who, place, key };
                    let got = refusal(world.register(&this).await);
                    let known = answers.get(&(who, key)).filter(|(.., until)| now < *until);
                    match (known, got) {
                        (Some((first_place, first, _)), Ok(answer)) if *first_place == place => {
                            assert!(answer.replayed, "{at}");
                            assert_eq!(answer.response().body, first.response().body, "{at}");
                            assert_eq!(answer.response().status, first.response().status, "{at}");
                        }
                        (Some(_), got) => {
                            assert_eq!(got, Err(DomainError::IdempotencyKeyReused), "{at}");
                        }
                        (None, got) => {
                            let answer = got.unwrap_or_else(|no| panic!("{no}, {at}"));
                            assert!(!answer.replayed, "{at}");
                            let says = papers[place].register(who, now);
                            assert_eq!(Says::from(&answer), says, "{at}");
                            if let Ok(view) = answer.outcome().unwrap().registration() {
                                made.push((who, place, view.registration_id));
                            }
                            let until = now + TimeDelta::hours(24);
                            answers.insert((who, key), (place, answer, until));
                        }
                    }
                    asked.push(this);
                }
                Deed::Repeat(_) => unreachable!("replaced above"),
                Deed::Cancel(which) => {
                    let Some((who, place, id)) = made.get(which % made.len().max(1)).copied()
                    else {
                        continue;
                    };
                    let live = app
                        .services
                        .registrations
                        .live(world.people[who], world.places[place])
                        .await
                        .unwrap();
                    assert_eq!(refusal(world.cancel(who, id).await), Ok(()), "{at}");
                    if live.is_some_and(|live| live.registration_id == id) {
                        papers[place].give_back(who);
                    }
                }
                Deed::Revise {
                    place,
                    capacity,
                    waitlist,
                } => {
                    let got = refusal(world.revise(place, capacity, waitlist).await);
                    let expected = papers[place].revise(capacity.try_into().unwrap(), waitlist);
                    assert_eq!(got, expected, "{at}");
                }
                Deed::TimePasses => app.clock.advance(TimeDelta::hours(9)),
            }
            for (place, paper) in papers.iter().enumerate() {
                let view = app.services.competitions.get(world.places[place], None);
                let view = view.await.unwrap();
                let numbers = [view.capacity, view.seats_left, view.waitlisted];
                let [seated, queued] = [&paper.seated, &paper.queue].map(|people| people.len());
                let expected = [paper.capacity, paper.capacity - seated, queued];
                assert_eq!(numbers.map(|n| n as usize), expected, "{at}");
            }
        }
        for (place, paper) in papers.iter().enumerate() {
            for who in 0..PEOPLE {
                let live = app
                    .services
                    .registrations
                    .live(world.people[who], world.places[place])
                    .await
                    .unwrap();
                let queued = paper.queue.iter().position(|queued| *queued == who);
                let position = queued.map(|index| u32::try_from(index + 1).unwrap());
                let at = format!("MODEL_SEED={seed}: person {who}, competition {place}");
                assert_eq!(
                    live.as_ref().and_then(|l| l.waitlist_position),
                    position,
                    "{at}"
                );
                let expected = queued.is_some() || paper.seated.contains(&who);
                assert_eq!(live.is_some(), expected, "{at}");
            }
        }
        app.assert_seat_invariant().await;
    }
}

async fn deeds_all_at_once_keep_the_promise(app: App) {
    for seed in seeds() {
        let world = World::new(&app, seed).await;
        let hands = (0..8).map(|hand| {
            let world = &world;
            async move {
                let mut random = StdRng::seed_from_u64(seed * 1_000 + hand);
                let (mut asked, mut answers, mut made) = (Vec::new(), Vec::new(), Vec::new());
                for _ in 0..DEEDS / 4 {
                    let mut deed = deed(&mut random);
                    if let Deed::Repeat(which) = deed {
                        let Some(Asked { who, place, key }) =
                            asked.get(which % asked.len().max(1)).cloned()
                        else {
                            continue;
                        };
                        deed = Deed::Register { who, place, key };
                    }
                    match deed {
                        Deed::Register { who, place, key } => {
                            let this = Asked { who, place, key };
                            match refusal(world.register(&this).await) {
                                Ok(answer) => {
                                    if let Ok(view) = answer.outcome().unwrap().registration() {
                                        made.push((who, view.registration_id));
                                    }
                                    answers.push((this.clone(), answer));
                                }
                                Err(no) => assert_eq!(no, DomainError::IdempotencyKeyReused),
                            }
                            asked.push(this);
                        }
                        Deed::Cancel(which) => {
                            if let Some((who, id)) = made.get(which % made.len().max(1)) {
                                assert_eq!(refusal(world.cancel(*who, *id).await), Ok(()));
                            }
                        }
                        Deed::Revise {
                            place,
                            capacity,
                            waitlist,
                        } => {
                            if let Err(no) = refusal(world.revise(place, capacity, waitlist).await)
                            {
                                assert_eq!(no, DomainError::CapacityBelowRegistrations);
                            }
                        }
                        Deed::Repeat(_) | Deed::TimePasses => {}
                    }
                }
                answers
            }
        });
        let answers = futures::future::join_all(hands).await.concat();
        let tables = crate::harness::TableSnapshot::read(&app.database).await;
        tables.assert_seat_invariant();
        let mut first = HashMap::new();
        for (asked, answer) in answers {
            let at = format!("MODEL_SEED={seed}: {asked:?}");
            let (place, body) = first
                .entry((asked.who, asked.key))
                .or_insert_with(|| (asked.place, answer.response().body.clone()));
            assert_eq!(
                (*place, &*body),
                (asked.place, &answer.response().body),
                "{at}"
            );
            if let Ok(view) = answer.outcome().unwrap().registration() {
                let row = tables.registrations.get(&view.registration_id);
                assert_eq!(row.unwrap().user_id, world.people[asked.who].id, "{at}");
            }
        }
        app.work_off().await;
    }
    crate::harness::TableSnapshot::read(&app.database)
        .await
        .assert_messages(&app.database)
        .await;
}
