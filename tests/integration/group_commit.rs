//! Competitions that open in the same minute: they share transactions, and nothing else.

use std::time::{Duration, Instant};

use mini_compete::{
    domain::{Actor, Error},
    model::{CompetitionId, DomainError, IdempotencyKey},
};
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    both,
    harness::{
        App, Backend, Place, hold, process::Redis, service, somebody_waits_for_a_lock, spawn_app,
        spawn_app_with,
    },
};

both!(
    a_key_that_is_used_for_many_competitions_at_once_takes_one_seat,
    a_participant_who_registers_for_many_competitions_at_once_gets_a_seat_in_each,
);

type Asking = tokio::task::JoinHandle<Result<u16, Error>>;

fn ask(app: &App, person: Actor, competition: CompetitionId, key: &str) -> Asking {
    let registrations = app.services.registrations.clone();
    let key = IdempotencyKey::parse(key).unwrap();
    tokio::spawn(async move {
        let answer = registrations.register(person, competition, &key).await;
        answer.map(|answer| answer.response().status)
    })
}

async fn competitions(app: &App, count: usize) -> Vec<CompetitionId> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(app.competition(50, false).await.id);
    }
    all
}

async fn a_key_that_is_used_for_many_competitions_at_once_takes_one_seat(app: App) {
    let competitions = competitions(&app, 10).await;
    for person in app.people(5).await {
        let asking: Vec<_> = competitions
            .iter()
            .map(|competition| ask(&app, person, *competition, "the-same"))
            .collect();
        let mut seats = 0;
        for answer in asking {
            match answer.await.unwrap() {
                Ok(status) => {
                    assert_eq!(status, 201);
                    seats += 1;
                }
                Err(Error::Domain(refusal)) => {
                    assert_eq!(refusal, DomainError::IdempotencyKeyReused);
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(seats, 1);
    }
    assert_eq!(app.assert_seat_invariant().await, 5);
}

async fn a_participant_who_registers_for_many_competitions_at_once_gets_a_seat_in_each(app: App) {
    let competitions = competitions(&app, 20).await;
    let mut asking = Vec::new();
    for person in app.people(10).await {
        for competition in &competitions {
            let key = competition.to_string();
            asking.push(ask(&app, person, *competition, &key));
            asking.push(ask(&app, person, *competition, &key));
        }
    }
    for answer in asking {
        assert_eq!(answer.await.unwrap().unwrap(), 201);
    }
    assert_eq!(app.assert_seat_invariant().await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_competitions_need_far_fewer_transactions_than_registrations() {
    let app = spawn_app(Backend::Postgres).await;
    let competitions = competitions(&app, 100).await;
    let mut asking = Vec::new();
    for (number, person) in app.people(300).await.into_iter().enumerate() {
        let competition = competitions[number % competitions.len()];
        asking.push(ask(&app, person, competition, "k"));
    }
    for answer in asking {
        assert_eq!(answer.await.unwrap().unwrap(), 201);
    }
    // Stored outcomes are never updated, so each row names the transaction that inserted it.
    let sql = "SELECT count(DISTINCT xmin::text) AS count FROM idempotency_logs";
    let connection = app.database.read();
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    let transactions: i64 = row.try_get("", "count").unwrap();
    assert!(transactions < 100, "{transactions} transactions for 300");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_competition_whose_row_is_held_delays_no_other() {
    let app = spawn_app(Backend::Postgres).await;
    let competitions = competitions(&app, 10).await;
    let people = app.people(20).await;
    let (stuck, others) = competitions.split_first().unwrap();
    let held = hold(&app.database, *stuck).await;

    let begun = Instant::now();
    let ask_elsewhere = |people: &[Actor]| -> Vec<Asking> {
        let asked = people.iter().zip(others.iter().cycle());
        asked
            .map(|(person, competition)| ask(&app, *person, *competition, "k"))
            .collect()
    };
    // Among the others, so that its batch is pending together with theirs.
    let mut elsewhere = ask_elsewhere(&people[2..8]);
    let early = ask(&app, people[0], *stuck, "k");
    elsewhere.extend(ask_elsewhere(&people[8..]));
    for answer in elsewhere {
        assert_eq!(answer.await.unwrap().unwrap(), 201);
    }
    let late = ask(&app, people[1], *stuck, "k");
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    somebody_waits_for_a_lock(&app.database).await;
    assert!(!early.is_finished() && !late.is_finished());
    held.commit().await.unwrap();
    assert_eq!(early.await.unwrap().unwrap(), 201);
    assert_eq!(late.await.unwrap().unwrap(), 201);
    assert_eq!(app.assert_seat_invariant().await, 20);
}

/// Without the distributed lock, the processes contend for the row locks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_two_processes_share_many_competitions_and_refuse_no_registration() {
    let mut redis = Redis::start().await;
    let place = Place::on(&service("TEST_POSTGRES_URL"), &redis.url()).await;
    let (one, other) = tokio::join!(
        spawn_app_with(place.share(), &[]),
        spawn_app_with(place, &[])
    );
    let competitions = competitions(&one, 30).await;
    let people = one.people(20).await;
    redis.stop();
    let mut asking = Vec::new();
    for (number, person) in people.into_iter().enumerate() {
        let app = if number % 2 == 0 { &one } else { &other };
        for competition in &competitions {
            asking.push(ask(app, person, *competition, &competition.to_string()));
        }
    }
    for answer in asking {
        assert_eq!(answer.await.unwrap().unwrap(), 201);
    }
    assert_eq!(one.assert_seat_invariant().await, 600);
}
