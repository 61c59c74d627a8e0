//! Properties of the ports on Redis: the keys, several processes, other clients, and clocks that differ.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use chrono::TimeDelta;
use redis::{AsyncCommands, AsyncConnectionConfig, aio::MultiplexedConnection};

use super::{LONG, connect, connect_with_clock, new_prefix, redis_url};
use mini_compete::{
    ops::Clock,
    store::ports::{Envelope, Ports},
};

const NOW: Duration = Duration::ZERO;

/// The ports, and a direct connection to their Redis server.
struct PortsWithConnection {
    ports: Ports,
    prefix: String,
    connection: MultiplexedConnection,
}

/// Connects with a prefix of its own.
async fn connect_directly() -> PortsWithConnection {
    let (url, prefix) = (redis_url(), new_prefix());
    let client = redis::Client::open(url.as_str()).unwrap();
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(LONG));
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    PortsWithConnection {
        ports: connect(&prefix).await,
        connection: connection.await.unwrap(),
        prefix,
    }
}

impl PortsWithConnection {
    /// Returns all keys of the test, without the prefix.
    async fn keys(&mut self) -> BTreeSet<String> {
        let all = format!("{}:*", self.prefix);
        let mut found = BTreeSet::new();
        let mut scan = self.connection.scan_match::<_, String>(all).await.unwrap();
        while let Some(key) = scan.next_item().await {
            let key = key.unwrap();
            found.insert(key.strip_prefix(&self.prefix).unwrap()[1..].to_owned());
        }
        found
    }
}

/// Uses every port, so that every kind of key exists.
async fn use_everything(ports: &Ports) {
    ports
        .lock
        .acquire("competition:7", LONG, NOW)
        .await
        .unwrap();
    let value = Bytes::from_static(b"value");
    ports
        .cache
        .set("session:1", value.clone(), LONG)
        .await
        .unwrap();
    let many = vec![("idem:u:k".to_owned(), value.clone())];
    ports.cache.set_many(many, LONG).await.unwrap();
    let first = ports.cache.set_if_absent("cron:job:0", value, LONG);
    assert!(first.await.unwrap());
    ports.counters.hit("rate:ip", LONG).await;
    ports.counters.hit("rate:ip", LONG).await;

    let jobs = ["a", "b", "c"].map(Envelope::new);
    ports.queue.push("mail", &jobs).await.unwrap();
    ports.queue.heartbeat("mail", "w").await.unwrap();
    let held = ports.queue.take("mail", "w", 2, NOW).await.unwrap();
    let delay = ports.queue.delay("mail", "w", &held[0], &held[0], LONG);
    delay.await.unwrap();
    ports.bus.publish("seats", Bytes::new()).await.unwrap();
}

#[tokio::test]
async fn the_keys_have_the_documented_names() {
    let mut redis = connect_directly().await;
    use_everything(&redis.ports).await;
    let expected = [
        "lock:competition:7",
        "session:1",
        "idem:u:k",
        "cron:job:0",
        "rate:ip",
        "queue:{mail}",
        "queue:{mail}:processing:w",
        "queue:{mail}:delayed",
        "queue:{mail}:workers",
    ];
    let expected = expected.map(str::to_owned).into_iter().collect();
    assert_eq!(redis.keys().await, expected);
}

#[tokio::test]
async fn every_key_except_those_of_queues_expires() {
    let mut redis = connect_directly().await;
    use_everything(&redis.ports).await;
    for key in redis.keys().await {
        let whole = format!("{}:{key}", redis.prefix);
        let ttl: i64 = redis.connection.pttl(&whole).await.unwrap();
        assert_eq!(ttl > 0, !key.starts_with("queue:"), "{key} lives for {ttl}");
    }
}

#[tokio::test]
async fn jobs_pushed_by_another_client_are_taken_and_removed() {
    let mut redis = connect_directly().await;
    let ready = format!("{}:queue:{{mail}}", redis.prefix);
    let unreadable = &b"\xff not a job"[..];
    let _: i64 = redis.connection.rpush(&ready, "tail").await.unwrap();
    let _: i64 = redis.connection.lpush(&ready, unreadable).await.unwrap();

    let queue = &redis.ports.queue;
    let taken = queue.take("mail", "w", 10, LONG).await.unwrap();
    assert_eq!(taken, [Envelope::new(unreadable), Envelope::new("tail")]);
    queue.ack("mail", "w", &taken).await.unwrap();
    assert_eq!(queue.depth("mail").await.unwrap().total(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_worker_wakes_when_another_client_pushes() {
    let mut redis = connect_directly().await;
    let queue = redis.ports.queue.clone();
    let waiting = tokio::spawn(async move { queue.take("mail", "w", 1, LONG).await });
    let ready = format!("{}:queue:{{mail}}", redis.prefix);
    let _: i64 = redis.connection.lpush(&ready, "job").await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), [Envelope::new("job")]);
}

#[tokio::test]
async fn a_key_of_the_wrong_type_affects_no_other_command() {
    let redis = connect_directly().await;
    let (cache, queue) = (&redis.ports.cache, &redis.ports.queue);
    cache
        .set("queue:{mail}", "no list".into(), LONG)
        .await
        .unwrap();
    let push = queue.push("mail", &[Envelope::new("job")]).await;
    assert!(push.unwrap_err().to_string().contains("WRONGTYPE"));
    cache.ping().await.unwrap();
}

#[tokio::test]
async fn processes_with_the_same_prefix_share_locks_jobs_and_messages() {
    let prefix = new_prefix();
    let one = connect(&prefix).await;
    let other = connect(&prefix).await;
    let separate = connect(&new_prefix()).await;
    let mut received = other.bus.subscribe();
    let mut received_by_separate = separate.bus.subscribe();

    assert!(one.lock.acquire("name", LONG, NOW).await.unwrap().is_some());
    assert!(
        other
            .lock
            .acquire("name", LONG, NOW)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        separate
            .lock
            .acquire("name", LONG, NOW)
            .await
            .unwrap()
            .is_some()
    );

    one.queue
        .push("mail", &[Envelope::new("job")])
        .await
        .unwrap();
    assert_eq!(separate.queue.take("mail", "w", 1, NOW).await.unwrap(), []);
    let taken = other.queue.take("mail", "w", 1, NOW).await.unwrap();
    assert_eq!(taken, [Envelope::new("job")]);
    one.bus.publish("seats", "7".into()).await.unwrap();
    assert_eq!(received.recv().await.unwrap().payload, "7");
    separate.bus.publish("own", "".into()).await.unwrap();
    assert_eq!(received_by_separate.recv().await.unwrap().topic, "own");
}

#[tokio::test]
async fn an_invalid_url_is_refused() {
    for url in [
        "",
        "localhost",
        "http://localhost",
        "redis://localhost:port",
    ] {
        let connected = mini_compete::store::redis::connect(url, "mc", &Clock::system()).await;
        assert!(connected.is_err(), "{url}");
    }
}

/// The clocks differ by 20 seconds, and a worker is considered dead after 15 seconds.
#[tokio::test]
async fn machines_whose_clocks_differ_agree_on_dead_workers_and_due_jobs() {
    let prefix = new_prefix();
    let behind = connect_with_clock(&Clock::off_by(TimeDelta::seconds(-10)), &prefix).await;
    let ahead = connect_with_clock(&Clock::off_by(TimeDelta::seconds(10)), &prefix).await;
    let silence = Duration::from_secs(15);
    let jobs = ["a", "b"].map(Envelope::new);
    behind.queue.push("mail", &jobs).await.unwrap();
    behind.queue.heartbeat("mail", "w").await.unwrap();
    let held = behind.queue.take("mail", "w", 2, NOW).await.unwrap();
    assert_eq!(ahead.queue.reap("mail", silence).await.unwrap(), 0);

    let delay = |job, wait| behind.queue.delay("mail", "w", job, job, wait);
    delay(&held[0], silence).await.unwrap();
    delay(&held[1], NOW).await.unwrap();
    assert_eq!(ahead.queue.promote_due("mail", 9).await.unwrap(), 1);
    assert_eq!(
        ahead.queue.take("mail", "v", 9, NOW).await.unwrap(),
        ["b"].map(Envelope::new)
    );
    assert_eq!(behind.queue.reap("mail", silence).await.unwrap(), 0);
}
