//! Connections whose packets are lost, as in a failover. New connections work.

use std::time::{Duration, Instant};

use mini_compete::{
    model::IdempotencyKey,
    ops::Clock,
    store::{ports::Envelope, redis::connect},
};
use reqwest::StatusCode;

use crate::harness::{Backend, Storage, TcpProxy, eventually, service, spawn_app_with, wait_until};

/// How long the recovery may take.
const RECOVERY_LIMIT: Duration = Duration::from_secs(15);

/// Creates a storage with proxies in front of PostgreSQL and Redis.
async fn storage_behind_proxies() -> (Storage, TcpProxy, TcpProxy) {
    let mut storage = Storage::create(Backend::Postgres).await;
    let postgres = TcpProxy::in_front_of(&storage.database_url).await;
    storage.database_url = postgres.url(&storage.database_url);
    let url = storage.redis_url.take().unwrap();
    let redis = TcpProxy::in_front_of(&url).await;
    storage.redis_url = Some(redis.url(&url));
    (storage, postgres, redis)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_connections_to_postgresql_are_replaced_without_a_restart() {
    let (storage, postgres, _redis) = storage_behind_proxies().await;
    let app = spawn_app_with(storage, &[]).await;
    let competition = app.competition(10_000, false).await.id;
    let participants = app.participants(220).await;
    let (early, late) = participants.split_at(200);
    // Load, so that connections are in every state.
    let early_registrations: Vec<_> = early
        .iter()
        .map(|participant| {
            let registrations = app.services.registrations.clone();
            let participant = *participant;
            tokio::spawn(async move {
                let key = IdempotencyKey::parse("k").unwrap();
                registrations.register(participant, competition, &key).await
            })
        })
        .collect();
    let client = app.client();
    let pages: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.try_get("/competitions").await.is_ok() })
        })
        .collect();
    postgres.black_hole_open_connections();
    let lost = Instant::now();

    // Every participant repeats the request until it gets a response, which must not take long.
    for (number, participant) in late.iter().enumerate() {
        let key = IdempotencyKey::parse("k").unwrap();
        eventually("a seat", RECOVERY_LIMIT, || async {
            let registrations = &app.services.registrations;
            let answer = registrations
                .register(*participant, competition, &key)
                .await;
            answer
                .is_ok_and(|answer| answer.response().status == 201)
                .then_some(())
        })
        .await;
        if number == 0 {
            eprintln!("registrations work after {:?}", lost.elapsed());
        }
    }
    // No lost connection is left in the pool.
    let remaining = RECOVERY_LIMIT.saturating_sub(lost.elapsed());
    eventually("all pages work", remaining, || async {
        let requests = (0..40).map(|_| client.get("/competitions"));
        let replies = futures::future::join_all(requests).await;
        replies
            .iter()
            .all(|reply| reply.status == StatusCode::OK)
            .then_some(())
    })
    .await;
    let jobs = app.run_ready_jobs().await;
    assert!(jobs > 0, "jobs are done");
    let recovered = lost.elapsed();
    assert!(recovered < RECOVERY_LIMIT, "{recovered:?}");
    for registration in early_registrations {
        // A response or an error, but no endless wait.
        drop(registration.await.unwrap());
    }
    for page in pages {
        page.await.unwrap();
    }
    for participant in early {
        let key = IdempotencyKey::parse("k").unwrap();
        let registrations = &app.services.registrations;
        let answer = registrations
            .register(*participant, competition, &key)
            .await;
        assert_eq!(answer.unwrap().response().status, 201);
    }
    app.run_open_jobs().await;
    assert_eq!(app.assert_seat_invariant().await, 220);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_idle_connections_to_postgresql_are_detected_at_once() {
    let (storage, postgres, _redis) = storage_behind_proxies().await;
    let app = spawn_app_with(storage, &[]).await;
    let client = app.client();
    let requests = (0..20).map(|_| client.get("/competitions"));
    futures::future::join_all(requests).await;
    postgres.black_hole_open_connections();
    let lost = Instant::now();
    wait_until("every page works", || async {
        let requests = (0..20).map(|_| client.get("/competitions"));
        let replies = futures::future::join_all(requests).await;
        replies.iter().all(|reply| reply.status == StatusCode::OK)
    })
    .await;
    assert!(lost.elapsed() < RECOVERY_LIMIT, "{:?}", lost.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_connections_to_redis_are_replaced_for_commands_the_bus_and_workers_that_wait() {
    let url = service("TEST_REDIS_URL");
    let proxy = TcpProxy::in_front_of(&url).await;
    let prefix = format!("t{}", uuid::Uuid::now_v7().simple());
    let clock = Clock::system();
    let direct = connect(&url, &prefix, &clock).await.unwrap();
    let ports = connect(&proxy.url(&url), &prefix, &clock).await.unwrap();
    let ttl = Duration::from_secs(60);
    ports.cache.set("key", "value".into(), ttl).await.unwrap();
    let mut messages = ports.bus.subscribe();
    let waiting = {
        let queue = ports.queue.clone();
        tokio::spawn(async move {
            loop {
                let taken = queue.take("mail", "w", 1, Duration::from_secs(1)).await;
                if let Ok(taken) = taken
                    && !taken.is_empty()
                {
                    return taken;
                }
            }
        })
    };
    eventually("a message can be published", RECOVERY_LIMIT, || async {
        direct.bus.publish("seats", "before".into()).await.ok()
    })
    .await;
    messages.recv().await.unwrap();

    proxy.black_hole_open_connections();
    let lost = Instant::now();
    direct
        .queue
        .push("mail", &[Envelope::new("job")])
        .await
        .unwrap();
    eventually("a command succeeds", RECOVERY_LIMIT, || async {
        ports.cache.get("key").await.ok()
    })
    .await;
    eprintln!("commands work after {:?}", lost.elapsed());
    let taken = tokio::time::timeout(RECOVERY_LIMIT, waiting).await;
    assert_eq!(taken.unwrap().unwrap(), [Envelope::new("job")]);
    eprintln!("workers work after {:?}", lost.elapsed());
    loop {
        direct.bus.publish("seats", "after".into()).await.unwrap();
        let received = tokio::time::timeout(Duration::from_millis(100), messages.recv()).await;
        if matches!(received, Ok(Ok(message)) if message.payload == "after") {
            break;
        }
        assert!(lost.elapsed() < RECOVERY_LIMIT, "the bus receives nothing");
    }
    eprintln!("the bus works after {:?}", lost.elapsed());
    assert!(lost.elapsed() < RECOVERY_LIMIT, "{:?}", lost.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registration_goes_on_while_connections_to_redis_are_lost() {
    let (storage, _postgres, redis) = storage_behind_proxies().await;
    let app = spawn_app_with(storage, &[]).await;
    let competition = app.competition(100, false).await.id;
    let participants = app.participants(40).await;
    for (number, participant) in participants.iter().enumerate() {
        if number == 10 {
            redis.black_hole_open_connections();
        }
        let key = IdempotencyKey::parse("k").unwrap();
        let start = Instant::now();
        let registrations = &app.services.registrations;
        let answer = registrations
            .register(*participant, competition, &key)
            .await;
        assert_eq!(answer.unwrap().response().status, 201);
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{:?}",
            start.elapsed()
        );
    }
    assert_eq!(app.assert_seat_invariant().await, 40);
}
