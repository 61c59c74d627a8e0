//! Connections whose packets are lost, as in a failover. New ones work.

use std::time::{Duration, Instant};

use mini_compete::{
    model::IdempotencyKey,
    ops::Clock,
    store::{ports::Envelope, redis::connect},
};
use reqwest::StatusCode;

use crate::harness::{Backend, Place, TcpProxy, eventually, service, spawn_app_with, until};

/// The time that a response may take.
const RECOVERED: Duration = Duration::from_secs(15);

/// Returns a place with proxies in front of PostgreSQL and Redis.
async fn place_behind_proxies() -> (Place, TcpProxy, TcpProxy) {
    let mut place = Place::fresh(Backend::Postgres).await;
    let postgres = TcpProxy::before(&place.database_url).await;
    place.database_url = postgres.url(&place.database_url);
    let url = place.redis_url.take().unwrap();
    let redis = TcpProxy::before(&url).await;
    place.redis_url = Some(redis.url(&url));
    (place, postgres, redis)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_connections_to_postgresql_are_replaced_without_a_restart() {
    let (place, postgres, _redis) = place_behind_proxies().await;
    let app = spawn_app_with(place, &[]).await;
    let competition = app.competition(10_000, false).await.id;
    let people = app.people(220).await;
    let (busy, later) = people.split_at(200);
    // Under load, with connections in every state.
    let rush: Vec<_> = busy
        .iter()
        .map(|person| {
            let registrations = app.services.registrations.clone();
            let person = *person;
            tokio::spawn(async move {
                let key = IdempotencyKey::parse("k").unwrap();
                registrations.register(person, competition, &key).await
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

    // Every participant tries again until there is a response, and none has to try for long.
    for (number, person) in later.iter().enumerate() {
        let key = IdempotencyKey::parse("k").unwrap();
        eventually("a seat", RECOVERED, || async {
            let registrations = &app.services.registrations;
            let answer = registrations.register(*person, competition, &key).await;
            answer
                .is_ok_and(|answer| answer.response().status == 201)
                .then_some(())
        })
        .await;
        if number == 0 {
            eprintln!("registration is back after {:?}", lost.elapsed());
        }
    }
    // No lost connection is left in the pool.
    let left = RECOVERED.saturating_sub(lost.elapsed());
    eventually("all pages are back", left, || async {
        let asked = (0..40).map(|_| client.get("/competitions"));
        let replies = futures::future::join_all(asked).await;
        replies
            .iter()
            .all(|reply| reply.status == StatusCode::OK)
            .then_some(())
    })
    .await;
    let worked = app.work().await;
    assert!(worked > 0, "jobs go on");
    let recovered = lost.elapsed();
    assert!(recovered < RECOVERED, "{recovered:?}");
    for answer in rush {
        // A response or an error, but no hanging.
        drop(answer.await.unwrap());
    }
    for page in pages {
        page.await.unwrap();
    }
    for person in busy {
        let key = IdempotencyKey::parse("k").unwrap();
        let registrations = &app.services.registrations;
        let answer = registrations.register(*person, competition, &key).await;
        assert_eq!(answer.unwrap().response().status, 201);
    }
    app.work_off().await;
    assert_eq!(app.assert_seat_invariant().await, 220);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_idle_connections_to_postgresql_are_detected_at_once() {
    let (place, postgres, _redis) = place_behind_proxies().await;
    let app = spawn_app_with(place, &[]).await;
    let client = app.client();
    let asked = (0..20).map(|_| client.get("/competitions"));
    futures::future::join_all(asked).await;
    postgres.black_hole_open_connections();
    let lost = Instant::now();
    until("every page is there", || async {
        let asked = (0..20).map(|_| client.get("/competitions"));
        let replies = futures::future::join_all(asked).await;
        replies.iter().all(|reply| reply.status == StatusCode::OK)
    })
    .await;
    assert!(lost.elapsed() < RECOVERED, "{:?}", lost.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_connections_to_redis_are_replaced_for_commands_the_bus_and_workers_that_wait() {
    let url = service("TEST_REDIS_URL");
    let proxy = TcpProxy::before(&url).await;
    let prefix = format!("t{}", uuid::Uuid::now_v7().simple());
    let clock = Clock::system();
    let direct = connect(&url, &prefix, &clock).await.unwrap();
    let ports = connect(&proxy.url(&url), &prefix, &clock).await.unwrap();
    let ttl = Duration::from_secs(60);
    ports.cache.set("key", "value".into(), ttl).await.unwrap();
    let mut news = ports.bus.subscribe();
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
    eventually("news are heard", RECOVERED, || async {
        direct.bus.publish("seats", "before".into()).await.ok()
    })
    .await;
    news.recv().await.unwrap();

    proxy.black_hole_open_connections();
    let lost = Instant::now();
    direct
        .queue
        .push("mail", &[Envelope::new("job")])
        .await
        .unwrap();
    eventually("a command is answered", RECOVERED, || async {
        ports.cache.get("key").await.ok()
    })
    .await;
    eprintln!("commands are back after {:?}", lost.elapsed());
    let taken = tokio::time::timeout(RECOVERED, waiting).await;
    assert_eq!(taken.unwrap().unwrap(), [Envelope::new("job")]);
    eprintln!("workers are back after {:?}", lost.elapsed());
    loop {
        direct.bus.publish("seats", "after".into()).await.unwrap();
        let heard = tokio::time::timeout(Duration::from_millis(100), news.recv()).await;
        if matches!(heard, Ok(Ok(heard)) if heard.payload == "after") {
            break;
        }
        assert!(lost.elapsed() < RECOVERED, "the bus hears nothing");
    }
    eprintln!("the bus is back after {:?}", lost.elapsed());
    assert!(lost.elapsed() < RECOVERED, "{:?}", lost.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registration_goes_on_while_connections_to_redis_are_lost() {
    let (place, _postgres, redis) = place_behind_proxies().await;
    let app = spawn_app_with(place, &[]).await;
    let competition = app.competition(100, false).await.id;
    let people = app.people(40).await;
    for (number, person) in people.iter().enumerate() {
        if number == 10 {
            redis.black_hole_open_connections();
        }
        let key = IdempotencyKey::parse("k").unwrap();
        let begun = Instant::now();
        let registrations = &app.services.registrations;
        let answer = registrations.register(*person, competition, &key).await;
        assert_eq!(answer.unwrap().response().status, 201);
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
    }
    assert_eq!(app.assert_seat_invariant().await, 40);
}
