//! Group commit: competitions with concurrent registrations share transactions, but do not delay each other.

use std::time::{Duration, Instant};

use mini_compete::{
    domain::{Actor, Error},
    model::{CompetitionId, DomainError, IdempotencyKey},
};
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    harness::{
        App, Backend, Storage, lock_competition_row, process::Redis, service, spawn_app,
        spawn_app_with, wait_for_lock_waiter,
    },
    on_both_backends,
};

on_both_backends!(
    a_key_that_is_used_for_many_competitions_at_once_takes_one_seat,
    a_participant_who_registers_for_many_competitions_at_once_gets_a_seat_in_each,
);

/// A registration that runs as a task, and results in the status of its response.
type Registration = tokio::task::JoinHandle<Result<u16, Error>>;

/// Starts a registration in a task.
fn register(app: &App, participant: Actor, competition: CompetitionId, key: &str) -> Registration {
    let registrations = app.services.registrations.clone();
    let key = IdempotencyKey::parse(key).unwrap();
    tokio::spawn(async move {
        let result = registrations.register(participant, competition, &key).await;
        result.map(|reply| reply.response().status)
    })
}

/// Creates competitions with 50 seats.
async fn competitions(app: &App, count: usize) -> Vec<CompetitionId> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(app.competition(50, false).await.id);
    }
    all
}

async fn a_key_that_is_used_for_many_competitions_at_once_takes_one_seat(app: App) {
    let competitions = competitions(&app, 10).await;
    for participant in app.participants(5).await {
        let registrations: Vec<_> = competitions
            .iter()
            .map(|competition| register(&app, participant, *competition, "the-same"))
            .collect();
        let mut seats = 0;
        for registration in registrations {
            match registration.await.unwrap() {
                Ok(status) => {
                    assert_eq!(status, 201);
                    seats += 1;
                }
                Err(Error::Domain(error)) => {
                    assert_eq!(error, DomainError::IdempotencyKeyReused);
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
    let mut registrations = Vec::new();
    for participant in app.participants(10).await {
        for competition in &competitions {
            let key = competition.to_string();
            registrations.push(register(&app, participant, *competition, &key));
            registrations.push(register(&app, participant, *competition, &key));
        }
    }
    for registration in registrations {
        assert_eq!(registration.await.unwrap().unwrap(), 201);
    }
    assert_eq!(app.assert_seat_invariant().await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_competitions_need_far_fewer_transactions_than_registrations() {
    let app = spawn_app(Backend::Postgres).await;
    let competitions = competitions(&app, 100).await;
    let mut registrations = Vec::new();
    for (number, participant) in app.participants(300).await.into_iter().enumerate() {
        let competition = competitions[number % competitions.len()];
        registrations.push(register(&app, participant, competition, "k"));
    }
    for registration in registrations {
        assert_eq!(registration.await.unwrap().unwrap(), 201);
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
async fn a_competition_whose_row_is_locked_delays_no_other() {
    let app = spawn_app(Backend::Postgres).await;
    let competitions = competitions(&app, 10).await;
    let participants = app.participants(20).await;
    let (blocked, others) = competitions.split_first().unwrap();
    let lock = lock_competition_row(&app.database, *blocked).await;

    let start = Instant::now();
    let register_elsewhere = |participants: &[Actor]| -> Vec<Registration> {
        let pairs = participants.iter().zip(others.iter().cycle());
        pairs
            .map(|(participant, competition)| register(&app, *participant, *competition, "k"))
            .collect()
    };
    // Sent between the other registrations, so that its batch is pending together with theirs.
    let mut elsewhere = register_elsewhere(&participants[2..8]);
    let early = register(&app, participants[0], *blocked, "k");
    elsewhere.extend(register_elsewhere(&participants[8..]));
    for registration in elsewhere {
        assert_eq!(registration.await.unwrap().unwrap(), 201);
    }
    let late = register(&app, participants[1], *blocked, "k");
    let waited = start.elapsed();
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    wait_for_lock_waiter(&app.database).await;
    assert!(!early.is_finished() && !late.is_finished());
    lock.commit().await.unwrap();
    assert_eq!(early.await.unwrap().unwrap(), 201);
    assert_eq!(late.await.unwrap().unwrap(), 201);
    assert_eq!(app.assert_seat_invariant().await, 20);
}

/// Without the distributed lock, the processes contend for the row locks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_two_processes_share_many_competitions_and_refuse_no_registration() {
    let mut redis = Redis::start().await;
    let storage = Storage::on_servers(&service("TEST_POSTGRES_URL"), &redis.url()).await;
    let (first, second) = tokio::join!(
        spawn_app_with(storage.share(), &[]),
        spawn_app_with(storage, &[])
    );
    let competitions = competitions(&first, 30).await;
    let participants = first.participants(20).await;
    redis.stop();
    let mut registrations = Vec::new();
    for (number, participant) in participants.into_iter().enumerate() {
        let app = if number % 2 == 0 { &first } else { &second };
        for competition in &competitions {
            registrations.push(register(
                app,
                participant,
                *competition,
                &competition.to_string(),
            ));
        }
    }
    for registration in registrations {
        assert_eq!(registration.await.unwrap().unwrap(), 201);
    }
    assert_eq!(first.assert_seat_invariant().await, 600);
}
