//! Crashes: killed processes, and a Redis that loses its data. Several processes share one PostgreSQL and one
//! Redis, with the machine's clock.

use std::collections::HashSet;

use chrono::Utc;
use mini_compete::{
    domain::Actor,
    jobs::{Queues, outbox},
    model::{CompetitionId, MessageKind, RegistrationStatus, Role, forms::DivisionInput},
    ops::Clock,
    store::entity::registration,
};
use sea_orm::{EntityTrait, PaginatorTrait, QueryFilter, prelude::*};
use tokio_util::sync::CancellationToken;

use crate::harness::{
    App, Backend, Client, Program, Storage,
    process::{Postgres, Redis, Server},
    spawn_app_with_clock, wait_until,
};

/// Starts an application with the clock of the machine.
async fn app() -> App {
    let storage = Storage::create(Backend::Postgres).await;
    spawn_app_with_clock(Clock::system(), storage, &[]).await
}

/// Registers participants for a new competition.
async fn register_participants(app: &App, count: usize) -> CompetitionId {
    let competition = app.competition(count as i64, false).await.id;
    let participants = app.participants(count).await;
    app.register_all(&participants, competition).await;
    competition
}

/// Asserts that each registration has exactly one confirmation, and that no job is dead or open.
async fn assert_all_confirmed(app: &App, count: usize) {
    wait_until("no job is open", || async { app.open_jobs().await == 0 }).await;
    wait_until("the queue is empty", || async {
        let depth = app.ports.queue.depth(Queues::REGISTRATION).await.unwrap();
        depth.total() == 0
    })
    .await;
    let messages = app.messages(MessageKind::Confirmation).await;
    let registrations: HashSet<_> = messages.iter().map(|m| m.registration_id).collect();
    assert_eq!((messages.len(), registrations.len()), (count, count));
    let confirmed = registration::Entity::find()
        .filter(registration::Column::Status.eq(RegistrationStatus::Confirmed))
        .count(app.database().read())
        .await
        .unwrap();
    assert_eq!(confirmed, count as u64);
    assert!(app.failed_jobs().await.is_empty());
    app.assert_seat_invariant().await;
}

/// Kills a worker at a failpoint, and asserts that the next worker completes its jobs.
async fn kill_worker_at(failpoint: &str) {
    let app = app().await;
    let mut killed = Program::worker(&app.storage, Some(failpoint));
    register_participants(&app, 40).await;
    killed.wait_for_log("failpoint reached").await;
    killed.kill().await;
    let written = app.messages(MessageKind::Confirmation).await.len();
    if failpoint == "before-ack" {
        assert!(written > 0, "it was killed after the commit");
    } else {
        assert_eq!(written, 0, "it was killed before the commit");
    }
    let next = Program::worker(&app.storage, None);
    assert_all_confirmed(&app, 40).await;
    assert!(next.terminate().await, "a clean end after SIGTERM");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_after_claiming_jobs_loses_none() {
    kill_worker_at("after-take").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_in_the_handler_leaves_nothing_half_done() {
    kill_worker_at("in-handler").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_before_the_acknowledgement_causes_no_second_message() {
    kill_worker_at("before-ack").await;
}

/// Participants register in divisions and cancel, while their server is killed again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_in_a_rush_for_divisions_leaves_all_counters_right() {
    let app = app().await;
    let organizer = app.account("Organizer", Role::Organizer).await;
    let competition = app.competition_of(&organizer, 40, true).await.id;
    let mut divisions = Vec::new();
    for (name, capacity) in [("A", Some(5)), ("B", Some(20)), ("C", None)] {
        let input = DivisionInput {
            name: name.to_owned(),
            capacity,
            ..DivisionInput::default()
        };
        let competitions = &app.services.competitions;
        let added = competitions.add_division(Actor::from(&organizer), competition, input);
        divisions.push(added.await.unwrap().id);
    }
    let mut tokens = Vec::new();
    for participant in app.participants(90).await {
        tokens.push(app.token(participant).await);
    }
    let mut server = Server::start(&app.storage, &[]).await;
    for round in 0..4 {
        let key = format!("round-{round}");
        let request = |client: Client, number: usize| {
            let body = serde_json::json!({ "divisionId": divisions[number % divisions.len()] });
            let client = client.with_token(tokens[number].clone());
            let request = client.registration_request(competition, &key).json(&body);
            (client, request)
        };
        let rush = (0..tokens.len()).map(|number| {
            let (client, request) = request(server.client(), number);
            tokio::spawn(async move { client.try_send(request).await })
        });
        let rush: Vec<_> = rush.collect();
        // At another moment of the rush in each round.
        let seats: u32 = round * 10;
        wait_until("some have a seat", || async {
            let view = app
                .services
                .competitions
                .get(competition, None)
                .await
                .unwrap();
            view.capacity - view.seats_left >= seats
        })
        .await;
        server.kill();
        let first = futures::future::join_all(rush).await;
        server.start_again().await;
        let mut registered = Vec::new();
        for (number, first) in first.into_iter().enumerate() {
            let (client, request) = request(server.client(), number);
            let again = client.send(request).await;
            assert_eq!(again.status, 201, "{}", again.text);
            if let Ok(first) = first.unwrap() {
                assert_eq!(first.text, again.text, "what was answered holds");
            }
            registered.push((
                client,
                again.json()["registrationId"].as_str().unwrap().to_owned(),
            ));
        }
        assert_eq!(app.assert_seat_invariant().await, 40);
        for (client, id) in registered {
            assert_eq!(client.cancel(id).await.status, 204);
        }
        app.assert_seat_invariant().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_loses_its_data_loses_no_job() {
    let app = app().await;
    let worker = Program::worker(&app.storage, None);
    register_participants(&app, 200).await;
    app.lose_queues().await;
    let competition = register_participants(&app, 200).await;
    app.lose_queues().await;
    let participants = app.participants(1).await;
    let key = mini_compete::model::IdempotencyKey::mint();
    let reply = app
        .services
        .registrations
        .register(participants[0], competition, &key)
        .await
        .unwrap();
    assert_eq!(reply.response().status, 409);
    assert_all_confirmed(&app, 400).await;
    assert!(worker.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_wait_while_no_worker_runs() {
    let storage = Storage::create(Backend::Postgres).await;
    let app = spawn_app_with_clock(Clock::manual(Utc::now()), storage, &[]).await;
    register_participants(&app, 300).await;
    let queue = &app.ports.queue;
    let depth = || async { queue.depth(Queues::REGISTRATION).await.unwrap() };
    wait_until("all jobs are pushed", || async {
        depth().await.ready == 300
    })
    .await;
    // Longer than the lease, so that a relay that took waiting jobs for lost ones would push them again.
    for _ in 0..4 {
        app.clock.advance(outbox::LEASE);
        assert_eq!(app.run_relay().await, 0, "nothing is missing");
        app.worker()
            .maintain(Queues::REGISTRATION, &CancellationToken::new())
            .await
            .unwrap();
    }
    assert_eq!((depth().await.ready, app.open_jobs().await), (300, 300));
    let worker = Program::worker(&app.storage, None);
    assert_all_confirmed(&app, 300).await;
    assert!(worker.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_crashes_and_restarts_empty_loses_no_job() {
    let mut redis = Redis::start().await;
    let mut storage = Storage::create(Backend::Postgres).await;
    storage.redis_url = Some(redis.url());
    let app = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    let worker = Program::worker(&app.storage, None);
    register_participants(&app, 100).await;
    redis.stop();
    // Registrations get their responses during the outage.
    register_participants(&app, 100).await;
    redis.start_again().await;
    register_participants(&app, 100).await;
    assert_all_confirmed(&app, 300).await;
    assert!(worker.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_drops_its_connections_again_and_again_loses_no_job() {
    use sea_orm::ConnectionTrait;
    let app = app().await;
    let worker = Program::worker(&app.storage, None);
    let drop_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND application_name = 'process'";
    for _ in 0..8 {
        register_participants(&app, 100).await;
        app.database()
            .write()
            .execute_unprepared(drop_all)
            .await
            .unwrap();
    }
    assert_all_confirmed(&app, 800).await;
    assert!(worker.terminate().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_crashes_and_restarts_loses_no_job_and_no_confirmation() {
    let mut postgres = Postgres::start().await;
    let redis = Redis::start().await;
    let storage = Storage::on_servers(&postgres.url(), &redis.url()).await;
    let app = spawn_app_with_clock(Clock::system(), storage, &[]).await;
    register_participants(&app, 2_000).await;
    let worker = Program::worker(&app.storage, None);
    wait_until("the worker has written the first messages", || async {
        !app.messages(MessageKind::Confirmation).await.is_empty()
    })
    .await;
    postgres.crash().await;
    postgres.start_again().await;
    // Connections from before the crash fail until they are replaced.
    wait_until("the application is connected again", || async {
        app.database().ping().await.is_ok()
    })
    .await;
    register_participants(&app, 100).await;
    assert_all_confirmed(&app, 2_100).await;
    assert!(worker.terminate().await);
}
