//! Outages of Redis: a killed, hanging or missing server, and the recovery afterwards.

use std::time::{Duration, Instant};

use super::{LONG, eventually, new_prefix, redis_server::RedisServer};
use mini_compete::{
    ops::Clock,
    store::{
        ports::{BusMessage, Envelope, PortError, Ports},
        redis::{self, WORKER_TIMEOUT},
    },
};

/// How long the detection of an outage may take. The time limit of a command is a quarter of a second; the
/// rest is for a busy machine.
const SOON: Duration = Duration::from_secs(2);

/// Connects with a prefix of its own.
async fn connect(url: &str) -> Ports {
    let ports = redis::connect(url, &new_prefix(), &Clock::system()).await;
    ports.unwrap()
}

fn assert_unavailable<T: std::fmt::Debug>(result: Result<T, PortError>) {
    assert!(matches!(result, Err(PortError::Unavailable { .. })));
}

/// Asserts that every port reports the outage quickly.
async fn assert_outage(ports: &Ports) {
    let start = Instant::now();
    assert_unavailable(ports.cache.get("key").await);
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());

    // After the detection, commands fail without waiting, except one probe per half second. If each of these
    // 500 commands waited, they would take two minutes.
    let start = Instant::now();
    for _ in 0..100 {
        assert_unavailable(ports.cache.get("key").await);
        assert_unavailable(ports.lock.acquire("name", LONG, LONG).await);
        assert_unavailable(ports.queue.push("mail", &[Envelope::new("job")]).await);
        assert_unavailable(ports.queue.take("mail", "w", 1, LONG).await);
        assert_unavailable(ports.bus.publish("seats", "".into()).await);
    }
    let limit = SOON + WORKER_TIMEOUT;
    assert!(start.elapsed() < limit, "took {:?}", start.elapsed());
}

/// Waits until every port works.
async fn assert_works(ports: &Ports) {
    eventually(async || use_all(ports).await.ok()).await;
}

/// Uses every port once.
async fn use_all(ports: &Ports) -> Result<(), PortError> {
    ports.cache.set("key", "value".into(), LONG).await?;
    let second = Duration::from_secs(1);
    if let Some(lease) = ports.lock.acquire("name", second, LONG).await? {
        ports.lock.release(lease).await?;
    }
    ports.queue.push("mail", &[Envelope::new("job")]).await?;
    let taken = ports.queue.take("mail", "w", 10, LONG).await?;
    ports.queue.ack("mail", "w", &taken).await?;
    ports.bus.publish("seats", "".into()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_is_detected_quickly_and_found_again() {
    let mut server = RedisServer::start().await;
    let ports = connect(&server.url()).await;
    for _ in 0..2 {
        assert_works(&ports).await;
        server.kill().await;
        assert_outage(&ports).await;
        server.restart().await;
    }
    assert_works(&ports).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hits_are_counted_in_the_process_while_redis_is_unavailable() {
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
async fn a_hanging_redis_is_detected_quickly_and_found_again() {
    let server = RedisServer::start().await;
    let ports = connect(&server.url()).await;
    assert_works(&ports).await;
    server.freeze().await;
    assert_outage(&ports).await;
    server.thaw().await;
    assert_works(&ports).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_starts_later_is_found() {
    let mut server = RedisServer::start().await;
    server.kill().await;
    let ports = connect(&server.url()).await;
    assert_outage(&ports).await;
    server.restart().await;
    assert_works(&ports).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_worker_gets_an_error_when_redis_dies() {
    let mut server = RedisServer::start().await;
    let ports = connect(&server.url()).await;
    let queue = ports.queue.clone();
    let waiting = tokio::spawn(async move { queue.take("mail", "w", 1, LONG).await });
    tokio::task::yield_now().await;
    server.kill().await;
    assert_unavailable(waiting.await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_receive_messages_of_their_process_during_an_outage_and_resynchronize_after_it()
{
    let mut server = RedisServer::start().await;
    let ports = connect(&server.url()).await;
    let mut received = ports.bus.subscribe();
    server.kill().await;
    assert_unavailable(ports.bus.publish("seats", "7".into()).await);
    assert_eq!(received.recv().await.unwrap().payload, "7");

    server.restart().await;
    assert_eq!(received.recv().await.unwrap().topic, BusMessage::RESYNC);
    eventually(async || ports.bus.publish("seats", "6".into()).await.ok()).await;
    assert_eq!(received.recv().await.unwrap().payload, "6");
}
