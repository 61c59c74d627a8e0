//! Redis goes away, hangs, and comes back.

use std::time::{Duration, Instant};

use super::{LONG, eventually, fresh_prefix, redis_server::RedisServer};
use mini_compete::{
    ops::Clock,
    store::{
        ports::{BusMessage, Envelope, PortError, Ports},
        redis::{self, WORKER_TIMEOUT},
    },
};

/// The limit is a quarter of a second; the rest is for a machine that has other things to do.
const SOON: Duration = Duration::from_secs(2);

async fn connect(url: &str) -> Ports {
    let ports = redis::connect(url, &fresh_prefix(), &Clock::system()).await;
    ports.unwrap()
}

fn assert_unavailable<T: std::fmt::Debug>(result: Result<T, PortError>) {
    assert!(matches!(result, Err(PortError::Unavailable { .. })));
}

/// Every port says at once that Redis is away.
async fn assert_away(ports: &Ports) {
    let start = Instant::now();
    assert_unavailable(ports.cache.get("key").await);
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());

    // From then on it costs nothing, but for one probe in each half second; if each of these 500
    // waited, they would take two minutes.
    let start = Instant::now();
    for _ in 0..100 {
        assert_unavailable(ports.cache.get("key").await);
        assert_unavailable(ports.lock.acquire("door", LONG, LONG).await);
        assert_unavailable(ports.queue.push("mail", &[Envelope::new("job")]).await);
        assert_unavailable(ports.queue.take("mail", "w", 1, LONG).await);
        assert_unavailable(ports.bus.publish("seats", "".into()).await);
    }
    let limit = SOON + WORKER_TIMEOUT;
    assert!(start.elapsed() < limit, "took {:?}", start.elapsed());
}

/// Every port works, now or after the time it takes to notice.
async fn assert_works(ports: &Ports) {
    eventually(async || use_all(ports).await.ok()).await;
}

async fn use_all(ports: &Ports) -> Result<(), PortError> {
    ports.cache.set("key", "value".into(), LONG).await?;
    let second = Duration::from_secs(1);
    if let Some(lease) = ports.lock.acquire("door", second, LONG).await? {
        ports.lock.release(lease).await?;
    }
    ports.queue.push("mail", &[Envelope::new("job")]).await?;
    let taken = ports.queue.take("mail", "w", 10, LONG).await?;
    ports.queue.ack("mail", "w", &taken).await?;
    ports.bus.publish("seats", "".into()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_is_given_up_quickly_and_found_again() {
    let mut server = RedisServer::start().await;
    let ports = connect(&server.url()).await;
    for _ in 0..2 {
        assert_works(&ports).await;
        server.kill().await;
        assert_away(&ports).await;
        server.restart().await;
    }
    assert_works(&ports).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_away_hits_are_counted_here() {
    let mut server = RedisServer::start().await;
    let ports = connect(&server.url()).await;
    server.kill().await;
    for expected in 1..=3 {
        assert_eq!(ports.counters.hit("key", LONG).await.hits, expected);
    }
    ports.counters.take_back("key").await;
    assert_eq!(ports.counters.hit("key", LONG).await.hits, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs_is_given_up_quickly_and_found_again() {
    let server = RedisServer::start().await;
    let ports = connect(&server.url()).await;
    assert_works(&ports).await;
    server.freeze().await;
    assert_away(&ports).await;
    server.thaw().await;
    assert_works(&ports).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_not_there_yet_is_found_later() {
    let mut server = RedisServer::start().await;
    server.kill().await;
    let ports = connect(&server.url()).await;
    assert_away(&ports).await;
    server.restart().await;
    assert_works(&ports).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_worker_learns_that_redis_died() {
    let mut server = RedisServer::start().await;
    let ports = connect(&server.url()).await;
    let queue = ports.queue.clone();
    let waiting = tokio::spawn(async move { queue.take("mail", "w", 1, LONG).await });
    tokio::task::yield_now().await;
    server.kill().await;
    assert_unavailable(waiting.await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listeners_hear_their_own_process_during_an_outage_and_look_again_after_it() {
    let mut server = RedisServer::start().await;
    let ports = connect(&server.url()).await;
    let mut heard = ports.bus.subscribe();
    server.kill().await;
    assert_unavailable(ports.bus.publish("seats", "7".into()).await);
    assert_eq!(heard.recv().await.unwrap().payload, "7");

    server.restart().await;
    assert_eq!(heard.recv().await.unwrap().topic, BusMessage::RESYNC);
    eventually(async || ports.bus.publish("seats", "6".into()).await.ok()).await;
    assert_eq!(heard.recv().await.unwrap().payload, "6");
}
