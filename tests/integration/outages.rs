//! Several processes, one of which is killed, and outages of Redis and PostgreSQL, all under load. Every
//! response must be true in the end.

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use reqwest::StatusCode;
use sea_orm::ConnectionTrait;

use self::load_test::LoadTest;
use crate::harness::{
    Backend, Storage, TableSnapshot, eventually,
    process::{Postgres, Redis},
    wait_for_lock_waiter,
};

mod load_test;

/// How long a request is repeated, and how long a condition may take to become true.
const DEADLINE: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_and_restarted_server_loses_and_duplicates_nothing() {
    let storage = Storage::create(Backend::Postgres).await;
    let mut load = LoadTest::prepare(&storage, 1_100).await;
    let mut killed = load.servers.remove(0);
    let progress = load.progress.clone();
    let result = load
        .run(async move {
            progress.reaches(1, 4).await;
            killed.kill();
            progress.reaches(1, 2).await;
            killed.start_again().await;
            progress.reaches(3, 4).await;
            killed.kill();
            killed.start_again().await;
            vec![killed]
        })
        .await;
    assert!(result.requests >= 5_000, "{} requests", result.requests);
    result.assert_responses_true().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registrations_continue_without_redis_and_lose_nothing() {
    let mut redis = Redis::start().await;
    let storage =
        Storage::on_servers(&crate::harness::service("TEST_POSTGRES_URL"), &redis.url()).await;
    let load = LoadTest::prepare(&storage, 500).await;
    let progress = load.progress.clone();
    let result = load
        .run(async move {
            progress.reaches(1, 4).await;
            redis.stop();
            // Registrations continue without Redis.
            progress.reaches(3, 4).await;
            redis.start_again().await;
            redis
        })
        .await;
    result.assert_responses_true().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_response_stays_true_after_a_database_crash() {
    let mut postgres = Postgres::start().await;
    let redis = crate::harness::service("TEST_REDIS_URL");
    let storage = Storage::on_servers(&postgres.url(), &redis).await;
    let load = LoadTest::prepare(&storage, 500).await;
    let progress = load.progress.clone();
    let result = load
        .run(async move {
            progress.reaches(1, 4).await;
            postgres.crash().await;
            // Requests get 503 with Retry-After.
            let before = progress.retried.load(SeqCst);
            eventually("some requests are refused for now", DEADLINE, || async {
                (progress.retried.load(SeqCst) >= before + 5).then_some(())
            })
            .await;
            postgres.start_again().await;
            postgres
        })
        .await;
    result.assert_responses_true().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_finishes_its_requests() {
    let storage = Storage::create(Backend::Postgres).await;
    let mut load = LoadTest::prepare(&storage, 3).await;
    let mut server = load.servers.remove(0);
    let lock = load.database.begin().await.unwrap();
    let sql = "SELECT 1 FROM competitions FOR UPDATE";
    lock.execute_unprepared(sql).await.unwrap();
    let (client, competition) = (server.client(), load.competitions[0]);
    let client = client.with_token(&load.participants[0].1);
    let registration = tokio::spawn(async move { client.register(competition, "k").await });
    wait_for_lock_waiter(&load.database).await;
    let (status, reply) = tokio::join!(server.terminate(), async {
        // The server accepts no new connections, but completes the requests that it has accepted.
        let other = load.clients[0].clone();
        eventually("new connections are refused", DEADLINE, || async {
            other.try_get("/healthz").await.is_err().then_some(())
        })
        .await;
        lock.commit().await.unwrap();
        registration.await.unwrap()
    });
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    assert!(status.success(), "{status}");
    assert_eq!(
        TableSnapshot::read(&load.database)
            .await
            .assert_seat_invariant(),
        1
    );
}
